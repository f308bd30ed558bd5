# What a shared libtriloop shows: what is marked with TRILOOP_EXPORT, and no template of a library
# that it was built with. In a static one the same is hidden from whoever links a shared library with it.
set_target_properties(triloop PROPERTIES
  VERSION ${PROJECT_VERSION}
  SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}  # before 1.0 any minor version may change it
  CXX_VISIBILITY_PRESET hidden
  VISIBILITY_INLINES_HIDDEN ON)
if(BUILD_SHARED_LIBS)
  set(symbols ${PROJECT_SOURCE_DIR}/cmake/symbols.map)
  target_compile_definitions(triloop PRIVATE TRILOOP_BUILDING_SHARED)
  target_link_options(triloop PRIVATE -Wl,--version-script=${symbols} -Wl,--no-undefined)
  set_property(TARGET triloop PROPERTY LINK_DEPENDS ${symbols})
endif()
