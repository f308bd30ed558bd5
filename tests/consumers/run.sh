#!/usr/bin/env bash
# Programs of other people that use triloop: each is built in every way that the documentation
# names, and has a message sent round. build/release and build/shared are there already.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=$PWD/tests/consumers
scratch=$PWD/build/consumers  # inside, so that a compiler cache knows the files again
empty=$(mktemp -d)
server=
end() {
  [[ -z $server ]] || kill "$server"
  rm -rf "$scratch" "$empty"
}
trap end EXIT
rm -rf "$scratch"
mkdir -p "$scratch"
source tests/support/check.sh

# build_and_run NAME SOURCE COMPILER ARGUMENTS...: for both standards.
build_and_run() {
  local name=$1 source=$2 compiler=$3
  shift 3
  cmake -S "$source" -B "$scratch/$name" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" "$@" &&
    cmake --build "$scratch/$name" && "$scratch/$name/consumer_17" && "$scratch/$name/consumer_20"
}

# Only what a user calls is visible in the shared library.
exports_are_the_public_ones() {
  nm -DC --defined-only build/shared/libtriloop.so |
    sed -E 's/^[0-9a-f]+ [A-Za-z] //; s/(\[abi:cxx11\])?\(.*//' | LC_ALL=C sort -u |
    diff "$here/exports.txt" -
}

# Nothing of what triloop is built with is read when a program is compiled.
headers_stand_alone() {
  local headers
  headers=$(g++ -std=c++17 -M -I"$scratch/static/include" "$here/main.cpp")
  [[ $headers == *"$scratch/static/include/triloop/server.h"* ]] &&
    ! grep -E '/(websocketpp|asio|spdlog|fmt|zlib|simdjson|openssl)' <<<"$headers"
}

# A project that includes triloop has none of its tests and installs none of its files.
is_only_the_library() {
  local tree=$scratch/add_subdirectory-g++
  ctest --test-dir "$tree" -N | grep -q 'Total Tests: 0$' &&
    [[ ! -e $tree/triloop/triloop ]] && cmake --install "$tree" --prefix "$scratch/nothing" &&
    [[ ! -e $scratch/nothing ]]
}

# unit_names PREFIX [STAGED_BELOW]: what the service runs is the program that is installed.
unit_names() {
  local unit=${2:-}$1/lib/systemd/system/triloop.service
  grep -Fx "ExecStart=$1/bin/triloop --quiet" "$unit" || { grep ExecStart "$unit"; return 1; }
}
unit_names_where_it_will_be() {
  DESTDIR=$scratch/staged cmake --install build/release --prefix /opt/triloop && unit_names /opt/triloop "$scratch/staged"
}
packed_unit_names() {  # of a tree that knows of another prefix
  local deb
  cpack --config build/release/CPackConfig.cmake -B "$scratch/packed" &&
    deb=$(compgen -G "$scratch/packed/triloop_*.deb") && dpkg-deb -x "$deb" "$scratch/unpacked" &&
    unit_names /usr "$scratch/unpacked"
}

# The program finds its library where it is, also if that is not beside it, and pkg-config the headers.
absolute_library_folder() {
  local tree=$scratch/absolute
  cmake -S . -B "$tree" -G Ninja -DCMAKE_BUILD_TYPE=Release -DTRILOOP_TESTS=OFF -DBUILD_SHARED_LIBS=ON \
    -DCMAKE_INSTALL_PREFIX="$scratch/apart" -DCMAKE_INSTALL_LIBDIR="$scratch/libraries" && cmake --build "$tree" &&
    cmake --install "$tree" && [[ -e $scratch/libraries/libtriloop.so ]] && "$scratch/apart/bin/triloop" --version &&
    [[ -e $(PKG_CONFIG_PATH=$scratch/libraries/pkgconfig pkg-config --variable=includedir triloop)/triloop/server.h ]]
}

# compile_with_pkg_config PREFIX SOURCE PROGRAM
compile_with_pkg_config() {
  local folder flags
  folder=$(dirname "$(find "$1" -name triloop.pc)")
  # No --static: what is installed says itself what it needs.
  read -ra flags <<<"$(PKG_CONFIG_PATH=$folder pkg-config --cflags --libs triloop)"
  g++ -std=c++17 "$2" -o "$3" "${flags[@]}"
}

with_pkg_config() {
  compile_with_pkg_config "$1" "$here/main.cpp" "$scratch/with_pkg_config" &&
    LD_LIBRARY_PATH=$1/lib "$scratch/with_pkg_config"
}

# A client of an own server, whose first line says the port.
speaks() {
  coproc "$1/own_server" 0
  server=$COPROC_PID
  local line port
  read -r -t 10 line <&"${COPROC[0]}"
  port=$(sed -nE 's|^open http://127.0.0.1:([0-9]+)/ in a browser$|\1|p' <<<"$line")
  [[ $("$scratch/ask" "$port" abc | tail -1) == 'you said: abc' ]]  # behind what the library logs
}

# refuses PROGRAM PORT: a line on standard error, and status 2.
refuses() {
  local said status=0
  said=$(timeout 10 "$1" "$2" 2>&1 >/dev/null) || status=$?
  [[ $status -eq 2 && $said == 'no such port' ]] || { echo "$2: status $status, $said"; return 1; }
}

# What docs/install.md tells a reader to do.
own_server_in_an_empty_folder() {
  cp -r docs/examples/own_server/. "$empty" && cd "$empty" &&
    cmake -B build -DCMAKE_PREFIX_PATH="$scratch/static" && cmake --build build &&
    compile_with_pkg_config "$scratch/static" "$here/ask.cpp" "$scratch/ask" && speaks "$empty/build" &&
    for port in abc 99999 -1 '' 80x 99999999999999999999; do refuses build/own_server "$port" || return; done
}

# take FOLDER FILE...: copies files of src/demo/processors there, what they include of them, and the source of
# each header. Anything else that they include has to be installed.
take() {
  local folder=$1 file included
  shift
  for file in "$@"; do
    [[ -e src/demo/processors/$file && ! -e $folder/$file ]] || continue
    cp "src/demo/processors/$file" "$folder"
    mapfile -t included < <(sed -nE 's/^#include "(.+)"$/\1/p' "$folder/$file")
    take "$folder" "${included[@]}" "${file/%.h/.cpp}"
  done
}

# copy_builds HEADERS LIBRARY...: what is taken for them is compiled alone, and nothing is missing when it is linked. The
# shared library brings along neither what it keeps to itself nor what it is linked with.
copy_builds() {
  local headers copy=$scratch/copies/${1%% *} libraries
  read -ra headers <<<"$1"
  shift
  libraries=$(IFS=';'; echo "$*")
  mkdir -p "$copy/files"
  take "$copy/files" "${headers[@]}"
  { printf '#include "%s"\n' "${headers[@]}"; echo 'int main() {}'; } >"$copy/files/main.cpp"
  cmake -S "$here/copies" -B "$copy/build" -G Ninja -DCMAKE_PREFIX_PATH="$scratch/shared" -DCOPY="$copy/files" \
    -DLIBRARIES="$libraries" && cmake --build "$copy/build"
}

# processor_builds PAGE: with the files and the libraries that its line `To copy it` names, and no others.
processor_builds() {
  local name line files libraries header own=()
  name=$(basename "$1" .md)
  line=$(sed -n '/^\*\*To copy it:/,/^$/p' "$1" | grep -oE '`[^`]+`' | tr -d '`')
  mapfile -t libraries < <(grep -vE '\.(h|\{h,cpp\})$' <<<"$line")
  files=$(grep -E '\.(h|\{h,cpp\})$' <<<"$line" | sed -E 's/(.*)\.\{h,cpp\}/\1.h\n\1.cpp/'; echo main.cpp)
  # Those that none of the others includes are what a program begins with.
  for header in $(grep '\.h$' <<<"$files"); do
    (cd src/demo/processors && grep -lF "#include \"$header\"" $(grep -vxF -e "${header%.h}.cpp" -e main.cpp <<<"$files")) >/dev/null ||
      own+=("$header")
  done
  [[ ${own[0]} == "$name.h" ]] || return
  copy_builds "${own[*]}" "${libraries[@]}" || return
  diff <(LC_ALL=C sort <<<"$files") <(LC_ALL=C ls "$scratch/copies/$name.h/files")
}

for kind in static shared; do
  tree=build/release
  [[ $kind == static ]] || tree=build/shared
  check "cmake --install, $kind" cmake --install "$tree" --prefix "$scratch/$kind"
  check "the installed program runs, $kind" "$scratch/$kind/bin/triloop" --version
  check "the service runs the installed program, $kind" unit_names "$scratch/$kind"
  for compiler in g++ clang++; do
    check "find_package, $kind, $compiler, C++17 and C++20" build_and_run "$kind-$compiler" \
      "$here/find_package" "$compiler" -DCMAKE_PREFIX_PATH="$scratch/$kind"
  done
  check "pkg-config, $kind" with_pkg_config "$scratch/$kind"
done
check "the installed program runs, its library in an absolute CMAKE_INSTALL_LIBDIR" absolute_library_folder
check "the service of a staged installation runs the program where it will be" unit_names_where_it_will_be
check "the service of a package runs /usr/bin/triloop, whatever the prefix was" packed_unit_names
check "add_subdirectory, g++, C++17 and C++20" build_and_run add_subdirectory-g++ \
  "$here/add_subdirectory" g++ -DTRILOOP_SOURCE="$PWD"
check "FetchContent, clang++, C++17 and C++20, without simdjson" build_and_run add_subdirectory-clang++ \
  "$here/add_subdirectory" clang++ -DTRILOOP_SOURCE="$PWD" -DFETCH=ON -DTRILOOP_SIMDJSON=OFF
check "a project that includes triloop gets the library and nothing else" is_only_the_library
check "the shared library shows what tests/consumers/exports.txt names, and nothing else" \
  exports_are_the_public_ones
check "the headers need nothing but the standard library" headers_stand_alone
pages=$(grep -oE '^\| \[[a-z]+\]\(processors/[a-z]+\.md\)' docs/extending.md | grep -oE 'processors/[a-z]+\.md')
for page in $pages; do check "docs/$page: the files to copy, alone" processor_builds "docs/$page"; done
parts=$(grep -oE '`[a-z_]+\.h`' docs/extending.md | tr -d '`' | sort -u)
for header in $parts; do
  check "docs/extending.md: $header and what it needs, alone" copy_builds "$header" triloop::triloop spdlog::spdlog
done
# Last, for it stays in that folder.
check "the own server of the documentation, in an empty folder" own_server_in_an_empty_folder
[[ $failures -eq 0 ]]
