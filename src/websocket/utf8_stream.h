/// Is it UTF-8? Asked of a text that comes in pieces. No sockets and no threads in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace triloop {

/// A text that comes in pieces, cut anywhere, also inside a character. A byte that cannot stand
/// where it stands is refused with the piece that brings it, whatever would come later.
///
/// From piece to piece it keeps one number: how far the character is that the last piece has cut.
/// Not thread-safe.
class Utf8Stream {
 public:
  /// Is `piece` the next part of a UTF-8 text? After the first no it is no for ever.
  bool take(std::string_view piece) {
    if (complete() && piece.size() < kManyOfAscii) piece = behind_ascii(piece);
    return (piece.empty() && complete()) || take_any(piece);
  }

  /// Is the text over, as far as it has come: does it end between two characters?
  bool complete() const { return state_ == kBetween; }

 private:
  // Of websocketpp's validator; its other states are inside of a character.
  static constexpr std::uint32_t kBetween = 0, kRefused = 1;
  // From here on a call for all of them is not slower than the loop below.
  static constexpr std::size_t kManyOfAscii = 160;

  // `text` without the ASCII at its beginning: by words of eight bytes, and of its last ones by
  // single bytes.
  static std::string_view behind_ascii(std::string_view text) {
    std::size_t done = 0;
    while (done + kWord <= text.size() && is_ascii(text.data() + done)) done += kWord;
    if (done + kWord <= text.size()) return text.substr(done);
    while (done < text.size() && static_cast<unsigned char>(text[done]) < 0x80) ++done;
    return text.substr(done);
  }
  static bool is_ascii(const char* word) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, word, sizeof bytes);
    return (bytes & 0x8080808080808080) == 0;
  }
  static constexpr std::size_t kWord = 8;

  bool take_any(std::string_view piece);
  bool take_bytes(std::string_view bytes);

  std::uint32_t state_ = kBetween;
};

/// The same of a text that is there as a whole.
inline bool is_utf8(std::string_view text) {
  Utf8Stream stream;
  return stream.take(text) && stream.complete();
}

}  // namespace triloop
