#include "payload.h"

#include <stdexcept>

namespace load {
namespace {

using Random = std::mt19937;

unsigned pick(Random& random, unsigned least, unsigned most) {
  return std::uniform_int_distribution<unsigned>(least, most)(random);
}

void append_utf8(std::string& to, unsigned code_point) {
  const auto continued = [&](unsigned shift) {
    to.push_back(static_cast<char>(0x80 | (code_point >> shift & 0x3f)));
  };
  if (code_point < 0x800) {
    to.push_back(static_cast<char>(0xc0 | code_point >> 6));
  } else if (code_point < 0x10000) {
    to.push_back(static_cast<char>(0xe0 | code_point >> 12));
    continued(6);
  } else {
    to.push_back(static_cast<char>(0xf0 | code_point >> 18));
    continued(12);
    continued(6);
  }
  continued(0);
}

// Characters of one script, `width` bytes each, and every few of them one space if it has words.
std::string script(std::size_t bytes, Random& random, unsigned first, unsigned last,
                   std::size_t width, bool has_words) {
  constexpr unsigned kLettersOfWord = 6;
  std::string text;
  while (text.size() + width <= bytes) {
    if (has_words && pick(random, 0, kLettersOfWord) == 0) {
      text.push_back(' ');
    } else {
      append_utf8(text, pick(random, first, last));
    }
  }
  return text;
}

std::string letters(std::size_t bytes, Random& random) {
  std::string text;
  while (text.size() < bytes) text.push_back(static_cast<char>(pick(random, 'a', 'z')));
  return text;
}

// Records as an application's messages have them: the same keys again and again, values that
// differ.
std::string json(std::size_t bytes, Random& random) {
  static const char* const kNames[] = {"anna", "boris", "chen", "dalia", "emeka", "farid"};
  static const char* const kStates[] = {"open", "paid", "sent", "returned"};
  std::string text = "[";
  for (;;) {
    std::string record = text.size() > 1 ? "," : "";
    record += R"({"id":)" + std::to_string(pick(random, 100'000, 999'999)) + R"(,"customer":")" +
              kNames[pick(random, 0, 5)] + R"(","state":")" + kStates[pick(random, 0, 3)] +
              R"(","price":)" + std::to_string(pick(random, 1, 999)) + "." +
              std::to_string(pick(random, 10, 99)) + R"(,"items":)" +
              std::to_string(pick(random, 1, 40)) + "}";
    if (text.size() + record.size() + 1 > bytes) break;
    text += record;
  }
  text.resize(bytes - 1, ' ');
  return text + "]";
}

}  // namespace

const std::vector<std::string>& payload_kinds() {
  static const std::vector<std::string> kinds = {"letters", "json", "chinese", "russian", "emoji"};
  return kinds;
}

std::string make_payload(const std::string& kind, std::size_t bytes, Random& random) {
  std::string text;
  if (kind == "letters") text = letters(bytes, random);
  if (kind == "json") text = json(bytes, random);
  if (kind == "chinese") text = script(bytes, random, 0x4e00, 0x9fff, 3, false);
  if (kind == "russian") text = script(bytes, random, 0x0430, 0x044f, 2, true);
  if (kind == "emoji") text = script(bytes, random, 0x1f600, 0x1f64f, 4, false);
  text.resize(bytes, 'a');
  return text;
}

}  // namespace load
