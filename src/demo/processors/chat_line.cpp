#include "chat_line.h"

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>

namespace triloop {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestId = 64;

std::string string_in(const json& message, const char* key) {
  const auto value = message.find(key);
  if (value == message.end() || !value->is_string()) {
    throw NoLine(std::string("'") + key + "' has to be a string");
  }
  return *value;
}

}  // namespace

Saying saying_of(const std::string& text) {
  const json message = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!message.is_object()) throw NoLine("this is no JSON object");
  if (string_in(message, "type") != "say") throw NoLine("there is no other type than 'say'");
  Saying saying{string_in(message, "text"), string_in(message, "id")};
  if (saying.id.empty()) throw NoLine("'id' has to say something");
  if (saying.id.size() > kLongestId) throw NoLine("'id' is longer than 64 bytes");
  const json again = message.value("again", json(false));
  if (again.is_number_unsigned()) saying.again = again.get<std::uint64_t>();
  if (again == json(true)) saying.again = 0;
  return saying;
}

}  // namespace triloop
