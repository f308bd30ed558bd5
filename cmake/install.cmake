# cmake --install: the library for find_package and pkg-config (development), the demo as a program
# and a service (server).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# install_from_template TEMPLATE FOLDER COMPONENT: TEMPLATE without ".in", its @NAMES@ filled in.
function(install_from_template template folder component)
  cmake_path(GET template STEM LAST_ONLY name)
  configure_file(${template} installed/${name} @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/installed/${name} DESTINATION ${folder} COMPONENT ${component})
endfunction()

install(TARGETS triloop EXPORT triloop
  ARCHIVE COMPONENT development
  LIBRARY COMPONENT runtime NAMELINK_COMPONENT development
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY include/triloop ${PROJECT_BINARY_DIR}/generated/triloop
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development FILES_MATCHING PATTERN *.h)

# find_package(triloop)
set(config_folder ${CMAKE_INSTALL_LIBDIR}/cmake/triloop)
install(EXPORT triloop NAMESPACE triloop:: FILE triloopTargets.cmake
  DESTINATION ${config_folder} COMPONENT development)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/installed/triloopConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)  # as the shared library's name: cmake/shared_library.cmake
install(FILES ${PROJECT_BINARY_DIR}/installed/triloopConfigVersion.cmake
  DESTINATION ${config_folder} COMPONENT development)
install_from_template(cmake/triloopConfig.cmake.in ${config_folder} development)

# pkg-config. The file finds its own place, so that the whole may be moved; not from a folder that is
# outside of the prefix. Who links the static
# library needs what it was built with: also without --static, for there is no other in its place.
set(pkgconfig_folder ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
if(IS_ABSOLUTE ${CMAKE_INSTALL_LIBDIR})
  set(pc_prefix ${CMAKE_INSTALL_PREFIX})
else()
  file(RELATIVE_PATH up "/${pkgconfig_folder}" "/")
  string(REGEX REPLACE "/$" "" up "${up}")
  set(pc_prefix "\${pcfiledir}/${up}")
endif()
# An absolute folder takes the place of the prefix.
cmake_path(APPEND pc_includedir "\${prefix}" ${CMAKE_INSTALL_INCLUDEDIR})
cmake_path(APPEND pc_libdir "\${prefix}" ${CMAKE_INSTALL_LIBDIR})
set(requires "spdlog zlib")
if(TLS_LIBRARY)
  string(APPEND requires " libssl libcrypto")
endif()
if(SIMDJSON_LIBRARY)
  string(APPEND requires " simdjson")
endif()
if(BUILD_SHARED_LIBS)
  set(requires "")
endif()
install_from_template(cmake/triloop.pc.in ${pkgconfig_folder} development)
install(FILES docs/man/triloop.3 DESTINATION ${CMAKE_INSTALL_MANDIR}/man3 COMPONENT development)

if(TRILOOP_DEMO)
  if(BUILD_SHARED_LIBS)
    if(IS_ABSOLUTE ${CMAKE_INSTALL_LIBDIR})  # outside of any prefix
      set(libraries ${CMAKE_INSTALL_LIBDIR})
    else()
      file(RELATIVE_PATH libraries ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
      string(PREPEND libraries "$ORIGIN/")
    endif()
    set_target_properties(triloop_server PROPERTIES INSTALL_RPATH "${libraries}")
  endif()
  install(TARGETS triloop_server COMPONENT server)
  install(FILES docs/man/triloop.1 docs/man/triloop-dial.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT server)
  install(FILES cmake/completion.bash RENAME triloop
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT server)
  # Only the installation knows where the program will be: --prefix, or cpack's own.
  install(CODE "
    cmake_path(SET CMAKE_INSTALL_FULL_BINDIR \"${CMAKE_INSTALL_BINDIR}\")
    cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_FULL_BINDIR BASE_DIRECTORY \"\${CMAKE_INSTALL_PREFIX}\")
    cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_FULL_BINDIR)  # --prefix may be relative
    configure_file(\"${PROJECT_SOURCE_DIR}/cmake/triloop.service.in\"
      \"${PROJECT_BINARY_DIR}/installed/triloop.service\" @ONLY)" COMPONENT server)
  install(FILES ${PROJECT_BINARY_DIR}/installed/triloop.service cmake/triloop.socket
    DESTINATION lib/systemd/system COMPONENT server)
endif()
