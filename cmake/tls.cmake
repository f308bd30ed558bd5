# TLS is OpenSSL's. Without it the options of TLS are refused: a server that was to be private must not
# be open because something was not installed when it was built.
set(TLS_LIBRARY "")
set(tls_sources net/no_tls)
if(TRILOOP_TLS)
  find_package(OpenSSL 3.0 COMPONENTS SSL)
  if(NOT OpenSSL_FOUND)
    message(FATAL_ERROR "OpenSSL 3 (libssl-dev) is not there; -DTRILOOP_TLS=OFF builds without TLS")
  endif()
  set(TLS_LIBRARY OpenSSL::SSL)
  set(tls_sources net/tls_context net/tls_records net/tls_socket)
  add_compile_definitions(TRILOOP_WITH_TLS)
endif()
