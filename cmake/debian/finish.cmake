# Run by cpack before it packs: what Debian wants in every package, and how it wants files. Changelog
# and manual pages are compressed without names and times, so that the same source gives the same bytes.
function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# The day of the release, from CHANGELOG.md: "## [0.1.0] - 2026-01-31".
file(STRINGS ${CPACK_TRILOOP_SOURCE}/CHANGELOG.md release
     REGEX "^## \\[${CPACK_PACKAGE_VERSION}\\] - [0-9-]+$")
string(REGEX MATCH "[0-9-]+$" day "${release}")
if(NOT day)
  message(FATAL_ERROR "CHANGELOG.md does not say when ${CPACK_PACKAGE_VERSION} was released")
endif()
execute_process(COMMAND date --utc --rfc-email --date=${day} OUTPUT_VARIABLE time
                OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)

foreach(component server development)
  set(usr ${CPACK_TEMPORARY_DIRECTORY}/${component}/usr)
  string(TOUPPER ${component} COMPONENT)
  set(package ${CPACK_DEBIAN_${COMPONENT}_PACKAGE_NAME})
  set(doc ${usr}/share/doc/${package})
  file(COPY ${CPACK_TRILOOP_SOURCE}/cmake/debian/copyright DESTINATION ${doc})
  file(WRITE ${doc}/changelog "triloop (${CPACK_PACKAGE_VERSION}) stable; urgency=medium\n\n"
    "  * See CHANGELOG.md in the sources.\n\n -- ${CPACK_PACKAGE_CONTACT}  ${time}\n")
  file(GLOB manuals ${usr}/share/man/*/*.[0-9])
  run(gzip --best --no-name --force ${doc}/changelog ${manuals})
  run(chmod 644 ${doc}/changelog.gz ${doc}/copyright)
  file(GLOB_RECURSE libraries ${usr}/lib/*.a)
  if(libraries)
    run(strip --strip-debug --remove-section=.comment --remove-section=.note
        --enable-deterministic-archives ${libraries})
  endif()
endforeach()

# The project to copy that docs/install.md begins with; without what was built in it.
set(own_server ${CPACK_TRILOOP_SOURCE}/docs/examples/own_server)
file(COPY ${own_server}/CMakeLists.txt ${own_server}/main.cpp
     DESTINATION ${CPACK_TEMPORARY_DIRECTORY}/development/usr/share/doc/libtriloop-dev/examples/own_server
     FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)

# The options of the service. cmake --install leaves them alone: they are outside of any prefix.
set(defaults ${CPACK_TEMPORARY_DIRECTORY}/server/etc/default)
file(COPY ${CPACK_TRILOOP_SOURCE}/cmake/debian/default DESTINATION ${defaults}
     FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
file(RENAME ${defaults}/default ${defaults}/triloop)

# Folders are made with the umask of whoever packs.
run(find ${CPACK_TEMPORARY_DIRECTORY}/server ${CPACK_TEMPORARY_DIRECTORY}/development -type d -exec chmod 755 {} +)
