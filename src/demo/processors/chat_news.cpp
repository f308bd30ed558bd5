#include "chat_news.h"

#include <nlohmann/json.hpp>

namespace triloop {
namespace {

using nlohmann::json;

// What another program has put into the database need not be UTF-8.
std::string text_of(const json& news) {
  return news.dump(-1, ' ', false, json::error_handler_t::replace);
}

json to_json(const ChatLine& line) {
  return {{"type", "line"}, {"name", line.name}, {"text", line.text}, {"time", line.time}};
}

}  // namespace

std::string news_of_room(const std::string& room, const std::vector<std::string>& members,
                         const std::vector<ChatLine>& history, const std::string& token) {
  json lines = json::array();
  for (const ChatLine& line : history) lines.push_back(to_json(line));
  return text_of({{"type", "welcome"},
                  {"room", room},
                  {"members", members},
                  {"history", lines},
                  {"token", token}});
}

std::string news_of_join(const std::string& name) {
  return text_of({{"type", "join"}, {"name", name}});
}

std::string news_of_leave(const std::string& name) {
  return text_of({{"type", "leave"}, {"name", name}});
}

std::string news_of_line(const ChatLine& line) { return text_of(to_json(line)); }

std::string news_of_gap(std::uint64_t missed) {
  return text_of({{"type", "gap"}, {"missed", missed}});
}

}  // namespace triloop
