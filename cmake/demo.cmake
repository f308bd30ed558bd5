# The demo: a server with a page, which stands in the program, and the processors that it offers.
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(SQLite3 REQUIRED)
find_path(UTF8PROC_INCLUDE utf8proc.h REQUIRED)
find_library(UTF8PROC_LIBRARY utf8proc REQUIRED)
find_path(NATS_INCLUDE nats/nats.h REQUIRED)
find_library(NATS_LIBRARY nats REQUIRED)

set(processors
  choose child delay echo parallel workers rpc json_rpc rpc_methods proxy relay loss upstream upstream_address upstream_socket scheduler
  chat rooms room slow_members sqlite_journal history local_presence chat_line chat_name chat_news token unicode)
list(TRANSFORM processors REPLACE ".+" "src/demo/processors/\\0.cpp")
set(engine engine follower name_bucket nats_journal nats_presence recent_lines)
list(TRANSFORM engine REPLACE ".+" "src/demo/engine/\\0.cpp")
add_library(triloop_processors STATIC ${processors} ${engine} src/demo/lab.cpp src/demo/lab_peer.cpp src/demo/output.cpp)
target_include_directories(triloop_processors PUBLIC src)
target_include_directories(triloop_processors SYSTEM PRIVATE ${UTF8PROC_INCLUDE} ${NATS_INCLUDE})
target_link_libraries(triloop_processors PUBLIC triloop
                      PRIVATE spdlog::spdlog nlohmann_json::nlohmann_json SQLite::SQLite3 ${UTF8PROC_LIBRARY}
                              ${NATS_LIBRARY} triloop_options)

# The page, and what it links: the documentation, the sources in the README's order of reading, and what is played.
file(GLOB embedded_files CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}
     ${PROJECT_SOURCE_DIR}/web/*.html ${PROJECT_SOURCE_DIR}/web/*.css ${PROJECT_SOURCE_DIR}/web/*.js
     ${PROJECT_SOURCE_DIR}/docs/*.md ${PROJECT_SOURCE_DIR}/docs/processors/*.md
     ${PROJECT_SOURCE_DIR}/include/triloop/*.h ${PROJECT_SOURCE_DIR}/src/pattern/* ${PROJECT_SOURCE_DIR}/src/observe/*.h
     ${PROJECT_SOURCE_DIR}/src/net/* ${PROJECT_SOURCE_DIR}/src/life/* ${PROJECT_SOURCE_DIR}/src/client/client.cpp ${PROJECT_SOURCE_DIR}/src/server/served.* ${PROJECT_SOURCE_DIR}/src/server/server.cpp
     ${PROJECT_SOURCE_DIR}/src/server/admission.h ${PROJECT_SOURCE_DIR}/src/threads/spare_threads.*
     ${PROJECT_SOURCE_DIR}/src/websocket/protocol.h ${PROJECT_SOURCE_DIR}/src/websocket/spare_buffers.h
     ${PROJECT_SOURCE_DIR}/src/demo/processors/echo.* ${PROJECT_SOURCE_DIR}/src/demo/lab.cpp
     ${PROJECT_SOURCE_DIR}/tests/explore/wrong_queues.h ${PROJECT_SOURCE_DIR}/tests/explore/small_connections.h)
include(${PROJECT_SOURCE_DIR}/cmake/embed_files.cmake)
triloop_embed(${PROJECT_BINARY_DIR}/generated/embedded_files.h kFiles ${PROJECT_SOURCE_DIR} ${embedded_files})
# What the program is made of and its tests look into, compiled once for both.
add_library(triloop_program STATIC
  src/demo/about.cpp src/demo/command_line.cpp src/demo/server_options.cpp src/demo/peer_options.cpp src/demo/tls_options.cpp src/demo/processor_options.cpp
  src/demo/health.cpp src/demo/inspect.cpp src/demo/service_manager.cpp src/demo/dial.cpp src/demo/dial_options.cpp)
target_link_libraries(triloop_program PUBLIC triloop_processors CLI11::CLI11 nlohmann_json::nlohmann_json
                      PRIVATE spdlog::spdlog triloop_options)
add_executable(triloop_server src/demo/main.cpp src/demo/web_page.cpp ${PROJECT_BINARY_DIR}/generated/embedded_files.h)
if(BUILD_SHARED_LIBS)
  # The library keeps its own to itself.
  target_sources(triloop_processors PRIVATE src/websocket/printable.cpp)
  target_sources(triloop_program PRIVATE src/net/event.cpp src/net/socket.cpp)
endif()
set_target_properties(triloop_server PROPERTIES OUTPUT_NAME triloop)
target_include_directories(triloop_server PRIVATE ${PROJECT_BINARY_DIR}/generated)
target_link_libraries(triloop_server PRIVATE triloop_program spdlog::spdlog triloop_options)
