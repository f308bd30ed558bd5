#include "processors/chat_news.h"

#include <nlohmann/json.hpp>

namespace triloop {
namespace {

using nlohmann::json;

json to_json(const ChatLine& line) {
  return {{"type", "line"}, {"name", line.name}, {"text", line.text}, {"time", line.time}};
}

}  // namespace

std::string news_of_room(const std::string& room, const std::vector<std::string>& members,
                         const std::vector<ChatLine>& history) {
  json lines = json::array();
  for (const ChatLine& line : history) lines.push_back(to_json(line));
  return json{{"type", "welcome"}, {"room", room}, {"members", members}, {"history", lines}}.dump();
}

std::string news_of_join(const std::string& name) {
  return json{{"type", "join"}, {"name", name}}.dump();
}

std::string news_of_leave(const std::string& name) {
  return json{{"type", "leave"}, {"name", name}}.dump();
}

std::string news_of_line(const ChatLine& line) { return to_json(line).dump(); }

std::string news_of_gap(int missed) { return json{{"type", "gap"}, {"missed", missed}}.dump(); }

}  // namespace triloop
