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
  json news{{"type", "line"},
            {"name", line.name},
            {"text", line.text},
            {"time", line.time},
            {"seq", line.seq}};
  if (!line.id.empty()) news["id"] = line.id;
  return news;
}

}  // namespace

std::string news_of_room(const std::string& room, const std::vector<std::string>& members,
                         const Past& past, const std::string& token, const std::string& epoch) {
  json lines = json::array();
  for (const ChatLine& line : past.lines) lines.push_back(to_json(line));
  json news{{"type", "welcome"}, {"room", room},    {"members", members}, {"history", lines},
            {"token", token},    {"seq", past.seq}, {"epoch", epoch}};
  if (past.gap) news["gap"] = true;
  return text_of(news);
}

std::string news_of_join(const std::string& name) {
  return text_of({{"type", "join"}, {"name", name}});
}

std::string news_of_leave(const std::string& name) {
  return text_of({{"type", "leave"}, {"name", name}});
}

std::string news_of_line(const ChatLine& line) { return text_of(to_json(line)); }

std::string news_of_gap() { return text_of({{"type", "gap"}}); }

std::string news_of_members(const std::vector<std::string>& members) {
  return text_of({{"type", "members"}, {"members", members}});
}

std::string news_of_fate(const Saying& saying, const Kept& kept) {
  if (kept.seq > 0) return text_of({{"type", "kept"}, {"id", saying.id}, {"seq", kept.seq}});
  return text_of({{"type", kept.may_work ? "not kept" : "refused"},
                  {"id", saying.id},
                  {"reason", kept.because}});
}

std::string news_of_loss(const Saying& saying) {
  return text_of({{"type", "not kept"}, {"text", saying.text}});
}

std::string news_of_refusal(const std::string& reason) {
  return text_of({{"type", "refused"}, {"reason", reason}});
}

}  // namespace triloop
