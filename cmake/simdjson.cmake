# simdjson checks text many bytes at a time. It may be missing: websocketpp's validator, which takes a
# byte after the other, is there in any case.
set(SIMDJSON_LIBRARY "")
if(TRILOOP_SIMDJSON)
  find_package(simdjson CONFIG QUIET)
  if(simdjson_FOUND)
    set(SIMDJSON_LIBRARY simdjson::simdjson)
    add_compile_definitions(TRILOOP_WITH_SIMDJSON)
  else()
    message(STATUS "simdjson (libsimdjson-dev) is not there: text is checked by the byte")
  endif()
endif()
