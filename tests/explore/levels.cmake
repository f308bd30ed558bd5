# The levels of the scheduler page. Some play a header that ships with a mistake in it: a patch of mutants/, in a
# namespace of its own, so that one program has both.
option(TRILOOP_LEVELS "Also those that a patch makes; off where the sources have a patch already (mutants.mjs)" ON)
if(TRILOOP_LEVELS)
  find_program(PATCH patch REQUIRED)
endif()
include(${PROJECT_SOURCE_DIR}/cmake/embed_files.cmake)
set(generated ${CMAKE_CURRENT_BINARY_DIR}/generated)
set(patched ${generated}/patched)

# triloop_mutant_level(MUTANT FILE SOURCE): SOURCE, compiled with FILE as the patch MUTANT makes it.
function(triloop_mutant_level mutant file source)
  set(patch ${CMAKE_CURRENT_SOURCE_DIR}/mutants/${mutant}.patch)
  set(copy ${patched}/${mutant}/${file})
  get_filename_component(folder ${copy} DIRECTORY)
  add_custom_command(
    OUTPUT ${copy}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
    COMMAND ${CMAKE_COMMAND} -E copy ${PROJECT_SOURCE_DIR}/${file} ${copy}
    COMMAND ${PATCH} --silent --no-backup-if-mismatch -p1 -d ${patched}/${mutant} -i ${patch}
    DEPENDS ${PROJECT_SOURCE_DIR}/${file} ${patch}
    COMMENT "${mutant}"
    VERBATIM)
  string(MAKE_C_IDENTIFIER ${mutant} identifier)
  add_library(level_${identifier} OBJECT ${source} untraced.cpp ${copy})
  target_include_directories(level_${identifier} BEFORE PRIVATE ${patched}/${mutant}/include)
  target_include_directories(level_${identifier} PRIVATE include ${CMAKE_CURRENT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include)
  target_compile_definitions(level_${identifier} PRIVATE _GLIBCXX_ASSERTIONS triloop=triloop_${identifier} TRILOOP_LEVEL=${identifier})
  target_compile_options(level_${identifier} PRIVATE -O1 -g1)
  target_link_libraries(level_${identifier} PRIVATE triloop_options)
  set(mutant_levels ${mutant_levels} level_${identifier} PARENT_SCOPE)
  set(mutant_files ${mutant_files} ${mutant}/${file} PARENT_SCOPE)
endfunction()
if(TRILOOP_LEVELS)
  triloop_mutant_level(latch-without-its-flag include/triloop/latch.h latch_level.cpp)
  triloop_mutant_level(urgent-lane-starves-the-other include/triloop/queue_lanes.h lane_level.cpp)
endif()

# The sources that a level shows, as they are now.
file(GLOB shown RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS
     ${PROJECT_SOURCE_DIR}/src/pattern/*.cpp ${PROJECT_SOURCE_DIR}/src/pattern/*.h)
triloop_embed(${generated}/shown_sources.h kShownSources ${PROJECT_SOURCE_DIR} ${shown} tests/explore/wrong_queues.h tests/explore/small_connections.h tests/explore/wrong_tls.h
              tests/explore/kernel.cpp tests/explore/peer.h
              include/triloop/bounded_queue.h include/triloop/queue_lanes.h include/triloop/latch.h
              src/server/server.cpp src/server/served.cpp src/server/roster.cpp src/server/admission.cpp src/server/handshake.cpp
              src/threads/spare_threads.cpp src/net/liveness.cpp src/net/tls_socket.cpp src/websocket/pings.cpp src/websocket/spare_buffers.cpp
              src/broadcast/group.cpp src/demo/processors/workers.cpp src/demo/processors/parallel.cpp
              src/demo/processors/room.cpp src/demo/processors/rooms.cpp)
triloop_embed(${generated}/patched_sources.h kPatchedSources ${patched} ${mutant_files})

# The page that plays them, for --export: all but the levels, which the explorer writes anew.
file(GLOB exported RELATIVE ${PROJECT_SOURCE_DIR}/web CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/web/play*)
triloop_embed(${generated}/exported_files.h kExportedFiles ${PROJECT_SOURCE_DIR}/web page.css ${exported})
add_library(explore_page STATIC export.cpp ${generated}/exported_files.h)
target_include_directories(explore_page PUBLIC ${CMAKE_CURRENT_SOURCE_DIR} PRIVATE ${generated})
target_link_libraries(explore_page PRIVATE triloop_options)

add_library(explore_levels STATIC levels.cpp playing.cpp shown.cpp wrong_queues.cpp wrong_tls.cpp small_connections.cpp
            queue_level.cpp latch_level.cpp lane_level.cpp ${generated}/shown_sources.h ${generated}/patched_sources.h)
if(TRILOOP_LEVELS)
  target_compile_definitions(explore_levels PRIVATE TRILOOP_PATCHED_LEVELS)
endif()
foreach(level IN LISTS mutant_levels)
  target_sources(explore_levels PRIVATE $<TARGET_OBJECTS:${level}>)
endforeach()
target_include_directories(explore_levels PRIVATE ${generated})
target_link_libraries(explore_levels PUBLIC explore PRIVATE triloop_options)

# Writes them anew; levels.mjs demands that they are what the explorer writes now.
add_custom_target(levels COMMAND explorer --levels ${PROJECT_SOURCE_DIR}/web/levels.js VERBATIM)
