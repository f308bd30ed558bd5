# cpack: two Debian packages. triloop is the demo as a service; libtriloop-dev is what a program is
# built with. The library in it is the static one: while the version is below 1.0 any release may
# change what a shared one promises.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME triloop)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "WebSocket server with three threads for each connection")
set(CPACK_PACKAGE_CONTACT "triloop <triloop@example.org>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL server development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(debian ${PROJECT_SOURCE_DIR}/cmake/debian)

set(CPACK_DEBIAN_SERVER_PACKAGE_NAME triloop)
set(CPACK_DEBIAN_SERVER_PACKAGE_SECTION net)
set(CPACK_DEBIAN_SERVER_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_SERVER_PACKAGE_CONTROL_EXTRA
    ${debian}/conffiles ${debian}/postinst ${debian}/prerm ${debian}/postrm)
set(CPACK_DEBIAN_SERVER_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_COMPONENT_SERVER_DESCRIPTION 
"The program sends back what it receives, or is a chat, JSON-RPC or a proxy. It
serves a page to try it with, and runs as a systemd service on port 7777, at
first for this machine only.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libtriloop-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "libspdlog-dev, zlib1g-dev")
if(TLS_LIBRARY)
  string(APPEND CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS ", libssl-dev")
endif()
if(SIMDJSON_LIBRARY)
  string(APPEND CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS ", libsimdjson-dev")
endif()
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION 
"The library for programs in C++: a reader, a processor and a writer thread for
each connection, joined by bounded queues. This package has the headers, the
static library, and what CMake and pkg-config ask for.")

# What Debian wants beside the files, and how it wants them.
set(CPACK_PRE_BUILD_SCRIPTS ${debian}/finish.cmake)
set(CPACK_TRILOOP_SOURCE ${PROJECT_SOURCE_DIR})
include(CPack)
