# Writes files into a C++ header, byte for byte: a std::string_view for each.
#   cmake -DOUTPUT=embedded_files.h -DDIRECTORY=. "-DFILES=web/page.js;docs/pattern.md" [-DTABLE=ON] -P embed.cmake
# With TABLE also all of them with the path under which each is served: those of web/ under their
# names, all others under where they stand.
set(header "// Made by cmake/embed.cmake.\n#pragma once\n\n#include <string_view>\n\n")
string(APPEND header "namespace triloop::embedded {\n\n")
set(table "")
foreach(file IN LISTS FILES)
  file(READ "${DIRECTORY}/${file}" bytes HEX)
  string(LENGTH "${bytes}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${bytes}")
  string(MAKE_C_IDENTIFIER "${file}" name)
  string(REGEX REPLACE "^web/" "" path "${file}")
  string(APPEND header "constexpr char ${name}_bytes[] = {${bytes}'\\0'};\n")
  string(APPEND header "constexpr std::string_view ${name}(${name}_bytes, ${size});\n")
  string(APPEND table "    {\"/${path}\", ${name}},\n")
endforeach()
if(TABLE)
  string(APPEND header "\nstruct File {\n  std::string_view path;\n  std::string_view content;\n};\n")
  string(APPEND header "\nconstexpr File kFiles[] = {\n${table}};\n")
endif()
string(APPEND header "\n}  // namespace triloop::embedded\n")
file(WRITE "${OUTPUT}" "${header}")
