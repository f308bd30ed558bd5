// Any bytes as a text that comes in pieces: Utf8Stream says of each piece what websocketpp's
// validator says of its bytes, one after the other.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <websocketpp/utf8_validator.hpp>

#include "pieces.h"
#include "websocket/utf8_stream.h"

namespace triloop::fuzzing {
namespace {

// So that the fuzzer finds long texts soon: characters at the limits of each length, some halves,
// and a little that is none.
constexpr std::array<std::string_view, 32> kParts = {
    "a",
    "\x7f",
    "plain ASCII, and more of it",
    "\xc2\x80",
    "\xd0\xb6",
    "\xdf\xbf",
    "\xe0\xa0\x80",
    "\xe4\xbd\xa0",
    "\xed\x9f\xbf",
    "\xee\x80\x80",
    "\xef\xbf\xbf",
    "\xf0\x90\x80\x80",
    "\xf0\x9f\x99\x82",
    "\xf4\x8f\xbf\xbf",
    "\xd0\xb6\xd0\xb6\xd0\xb6\xd0\xb6\xd0\xb6",
    "\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xbd\xa0\xe5\xa5\xbd",
    "\xf0\x9f\x99\x82\xf0\x9f\x91\xa9\xf0\x9f\x92\xbb",
    "a\xc3\xa4",
    "aaaaaaaa",
    "e\xcc\x81",
    "\xc3",
    "\xe2",
    "\xe2\x82",
    "\xf0",
    "\xf0\x9f",
    "\xf0\x9f\x99",
    "\x80",
    "\xbf",
    "\xc0\x80",
    "\xed\xa0\x80",
    "\xf4\x90\x80\x80",
    "\xff"};

// Each byte names a part, and how often it comes.
std::string text_of(std::string_view input) {
  std::string text;
  for (const char byte : input.substr(0, 512)) {
    const auto bits = static_cast<unsigned char>(byte);
    for (int times = 0; times <= bits >> 5; ++times) text += kParts[bits & 31];
  }
  return text;
}

}  // namespace
}  // namespace triloop::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace triloop;
  using namespace triloop::fuzzing;
  if (size < 2) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::string text = (data[1] & 1) != 0 ? text_of(input) : std::string(input);
  const std::size_t longer = 1 + (data[1] >> 4);

  Cutter cutter(data[0]);
  Utf8Stream stream;
  websocketpp::utf8_validator::validator judge;
  bool good = true;
  for (std::size_t taken = 0; good && taken < text.size();) {
    // Behind a piece that ends where its memory ends, the sanitizer sees who reads too far.
    const std::string piece = text.substr(taken, cutter.next() * longer);
    taken += piece.size();
    good = judge.decode(piece.begin(), piece.end());
    if (stream.take(piece) != good) finding("a piece is judged in another way", piece, text);
    const bool complete = good && judge.complete();
    if (stream.complete() != complete) finding("it is complete in another way", piece, text);
  }
  demand(is_utf8(text) == (good && judge.complete()), "the whole is judged in another way");
  return 0;
}
