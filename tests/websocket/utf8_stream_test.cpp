// The judge is websocketpp's validator, one byte after the other: whatever it says of a piece is
// right, and the text must be refused with the same piece.
#include "websocket/utf8_stream.h"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>
#include <websocketpp/utf8_validator.hpp>

#include "support/catch.h"

namespace triloop {
namespace {

std::string hex(std::string_view bytes) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string out;
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    out += {kDigits[value >> 4], kDigits[value & 15], ' '};
  }
  return out;
}

// What the judge says of a text: the first byte that cannot be there, and behind which bytes it is
// complete.
class Judged {
 public:
  explicit Judged(std::string text)
      : text_(std::move(text)), refused_(text_.size()), complete_(text_.size() + 1) {
    websocketpp::utf8_validator::validator judge;
    complete_[0] = 1;
    for (std::size_t i = 0; i < text_.size(); ++i) {
      if (!judge.consume(static_cast<std::uint8_t>(text_[i]))) {
        refused_ = i;
        return;
      }
      complete_[i + 1] = judge.complete() ? 1 : 0;
    }
  }

  // Of each piece and of the end; `cuts` are places in the text, in their order.
  void compare(std::initializer_list<std::size_t> cuts) const {
    Utf8Stream stream;
    std::size_t from = 0;
    for (const std::size_t cut : cuts) {
      if (!compare_piece(stream, from, cut)) return;
      from = cut;
    }
    compare_piece(stream, from, text_.size());
  }

  void compare_bytes() const {
    Utf8Stream stream;
    for (std::size_t i = 0; i < text_.size(); ++i) {
      if (!compare_piece(stream, i, i + 1)) return;
    }
  }

 private:
  // Was that taken?
  bool compare_piece(Utf8Stream& stream, std::size_t from, std::size_t to) const {
    const bool good = to <= refused_;
    const bool taken = stream.take(std::string_view(text_).substr(from, to - from));
    if (taken != good || stream.complete() != (good && complete_[to] != 0)) {
      FAIL("bytes " << from << " to " << to << " are " << (taken ? "taken" : "refused")
                    << ", complete: " << stream.complete() << "; in " << hex(text_));
    }
    return taken;
  }

  const std::string text_;
  std::size_t refused_;
  std::vector<char> complete_;
};

std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out += static_cast<char>(value);
  return out;
}

// Both sides of each limit in the table of RFC 3629 section 4: the first byte decides how many
// there are, and between which two the second one must be.
const std::vector<int> kFirst = {0x00, 0x61, 0x7F, 0x80, 0xBF, 0xC0, 0xC1, 0xC2,
                                 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0,
                                 0xF1, 0xF3, 0xF4, 0xF5, 0xF7, 0xF8, 0xFC, 0xFF};
const std::vector<int> kSecond = {0x61, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xE4};
const std::vector<int> kLater = {0x7F, 0x80, 0xBF, 0xC0};

std::vector<std::string> sequences() {
  std::vector<std::string> all;
  for (const int a : kFirst) {
    all.push_back(bytes({a}));
    for (const int b : kSecond) {
      all.push_back(bytes({a, b}));
      for (const int c : kLater) {
        all.push_back(bytes({a, b, c}));
        for (const int d : kLater) all.push_back(bytes({a, b, c, d}));
      }
    }
  }
  return all;
}

// `size` bytes of text; what does not fit is ASCII.
std::string of(std::string_view character, std::size_t size) {
  std::string text(size % character.size(), '.');
  while (text.size() < size) text += character;
  return text;
}

constexpr std::size_t kAll = 200;  // above every size from which something is done in another way
const std::vector<std::string_view> kAround = {"a", "\xd0\xb6", "\xe4\xbd\xa0", "\xf0\x9f\x99\x82"};

TEST_CASE("each sequence of one to four bytes at a limit is judged as by the validator",
          "[utf8_stream]") {
  for (const std::string& sequence : sequences()) {
    const Judged alone(sequence);
    alone.compare({});
    alone.compare_bytes();
    for (const std::string_view character : kAround) {
      Judged(of(character, kAll) + sequence).compare({});  // it is the end
      Judged(sequence + of(character, kAll)).compare({});
    }
  }
}

// Where a block of 16, 32 or 64 bytes ends, and the last one is not full.
TEST_CASE("each sequence at a limit is judged as by the validator at the borders of blocks",
          "[utf8_stream]") {
  const std::vector<std::string> all = sequences();
  for (const std::string_view character : {kAround[0], kAround[2]}) {
    const std::string after = of(character, 70);
    for (const std::size_t border : {16, 32, 64, 192}) {
      for (std::size_t size = border - 4; size <= border; ++size) {
        const std::string before = of(character, size);
        for (const std::string& sequence : all) {
          Judged(before + sequence).compare({});
          Judged(before + sequence + after).compare({});
        }
      }
    }
  }
}

// A text that is too short for blocks goes by words of eight bytes.
TEST_CASE("each sequence at a limit is judged as by the validator at the borders of words",
          "[utf8_stream]") {
  for (const std::string& sequence : sequences()) {
    for (std::size_t size = 4; size <= 8; ++size) {
      const std::string before = of("\xd0\xb6", size);
      Judged(before + sequence).compare({});
      const std::size_t left = 16 - size - sequence.size();  // two words
      Judged(before + sequence + of("a", left)).compare({});
    }
  }
}

TEST_CASE("a sequence at a limit is refused with the piece that brings the wrong byte",
          "[utf8_stream]") {
  for (const std::string& sequence : sequences()) {
    for (const std::string_view character : kAround) {
      const Judged judged(of(character, 70) + sequence + of(character, 70));
      for (std::size_t cut = 66; cut <= 75; ++cut) {
        judged.compare({cut});
        judged.compare({cut, cut + 1});
        judged.compare({cut, cut + 2});
        judged.compare({cut, cut, cut + 30});
      }
    }
  }
}

TEST_CASE("a text of any size, cut in two anywhere, is judged as by the validator",
          "[utf8_stream]") {
  for (const std::string_view character : kAround) {
    for (std::size_t size = 0; size <= kAll; ++size) {
      const Judged judged(of(character, size));
      judged.compare_bytes();
      for (std::size_t cut = 0; cut <= size; ++cut) judged.compare({cut});
    }
  }
}

TEST_CASE("one wrong byte is found in a text of any size, wherever it stands", "[utf8_stream]") {
  for (const std::string_view character : kAround) {
    for (std::size_t size = 1; size <= kAll; ++size) {
      std::string text = of(character, size);
      for (char& byte : text) {
        const char right = byte;
        byte = '\xff';
        REQUIRE_FALSE(is_utf8(text));
        byte = right;
      }
      REQUIRE(is_utf8(text));
    }
  }
}

TEST_CASE("each character there is, is text, and a surrogate is none", "[utf8_stream]") {
  const std::string more = of("\xd0\xb6", 62);
  std::string text;
  for (int code = 0; code < 0x110000; ++code) {
    if (code < 0x80) {
      text = bytes({code});
    } else if (code < 0x800) {
      text = bytes({0xC0 | code >> 6, 0x80 | (code & 0x3F)});
    } else if (code < 0x10000) {
      text = bytes({0xE0 | code >> 12, 0x80 | (code >> 6 & 0x3F), 0x80 | (code & 0x3F)});
    } else {
      text = bytes({0xF0 | code >> 18, 0x80 | (code >> 12 & 0x3F), 0x80 | (code >> 6 & 0x3F),
                    0x80 | (code & 0x3F)});
    }
    const bool surrogate = code >= 0xD800 && code < 0xE000;
    text += more;
    if (is_utf8(text) == surrogate) FAIL("U+" << std::hex << code);
  }
}

TEST_CASE("a text that was refused stays refused", "[utf8_stream]") {
  for (const std::size_t size : {std::size_t{0}, kAll}) {
    Utf8Stream stream;
    REQUIRE_FALSE(stream.take(of("\xd0\xb6", size) + "\xff"));
    CHECK_FALSE(stream.complete());
    CHECK_FALSE(stream.take("a"));
    CHECK_FALSE(stream.take(of("a", kAll)));
    CHECK_FALSE(stream.take(""));
    CHECK_FALSE(stream.complete());
  }
}

TEST_CASE("half a character is no text", "[utf8_stream]") {
  for (const std::size_t size : {std::size_t{0}, kAll}) {
    CHECK_FALSE(is_utf8(of("\xd0\xb6", size) + "\xd0"));
    CHECK_FALSE(is_utf8(of("\xf0\x9f\x99\x82", size) + "\xf0\x9f\x99"));
  }
}

TEST_CASE("nothing is a text, and the next piece of one", "[utf8_stream]") {
  CHECK(is_utf8({}));
  Utf8Stream stream;
  CHECK(stream.take("\xe4\xbd"));
  CHECK(stream.take(""));
  CHECK_FALSE(stream.complete());
  CHECK(stream.take("\xa0"));
  CHECK(stream.complete());
}

}  // namespace
}  // namespace triloop
