# The same program as a user with each standard would build it, with all warnings.
foreach(standard 17 20)
  add_executable(consumer_${standard} ${CMAKE_CURRENT_LIST_DIR}/main.cpp)
  set_target_properties(consumer_${standard} PROPERTIES CXX_STANDARD ${standard} CXX_EXTENSIONS OFF)
  target_compile_options(consumer_${standard} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Werror)
  target_link_libraries(consumer_${standard} PRIVATE triloop::triloop)
endforeach()
