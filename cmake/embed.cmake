# Writes files into a C++ header, byte for byte, with the path under which each is served: those of
# web/ under their names, all others under where they stand.
#   cmake -DOUTPUT=embedded_files.h -DDIRECTORY=. "-DFILES=web/page.js;docs/pattern.md" -P embed.cmake
set(header "// Made by cmake/embed.cmake.\n#pragma once\n\n#include <string_view>\n\n")
string(APPEND header "namespace triloop::embedded {\n\n")
string(APPEND header "struct File {\n  std::string_view path;\n  std::string_view content;\n};\n\n")
set(table "")
foreach(file IN LISTS FILES)
  file(READ "${DIRECTORY}/${file}" bytes HEX)
  string(LENGTH "${bytes}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${bytes}")
  string(MAKE_C_IDENTIFIER "bytes_of_${file}" name)
  string(REGEX REPLACE "^web/" "" path "${file}")
  string(APPEND header "constexpr char ${name}[] = {${bytes}'\\0'};\n")
  string(APPEND table "    {\"/${path}\", {${name}, ${size}}},\n")
endforeach()
string(APPEND header "\nconstexpr File kFiles[] = {\n${table}};\n\n}  // namespace triloop::embedded\n")
file(WRITE "${OUTPUT}" "${header}")
