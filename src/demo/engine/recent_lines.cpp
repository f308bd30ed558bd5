#include "recent_lines.h"

#include <algorithm>

namespace triloop {
namespace {

constexpr std::size_t kMostLines = 20'000;
constexpr std::size_t kMostBytes = std::size_t{16} << 20;

std::size_t size_of(const ChatLine& line) {
  return line.id.size() + line.name.size() + line.text.size() + line.time.size();
}

}  // namespace

void RecentLines::add(const std::string& room, const ChatLine& line) {
  rooms_[room].push_back(line);
  order_.push_back(room);
  bytes_ += size_of(line);
  while (order_.size() > kMostLines || bytes_ > kMostBytes) drop_oldest();
}

void RecentLines::drop_oldest() {
  const auto room = rooms_.find(order_.front());
  std::deque<ChatLine>& lines = room->second;
  complete_behind_ = std::max(complete_behind_, lines.front().seq);  // rooms come in any order
  bytes_ -= size_of(lines.front());
  lines.pop_front();
  if (lines.empty()) rooms_.erase(room);
  order_.pop_front();
}

std::optional<Past> RecentLines::since(const std::string& room, std::uint64_t seq,
                                       std::size_t count) const {
  if (seq < complete_behind_ || seq > heard_) return std::nullopt;
  const auto there = rooms_.find(room);
  if (there == rooms_.end()) return past_of({}, 0, count);
  const std::deque<ChatLine>& lines = there->second;
  const auto is_behind = [seq](const ChatLine& line) { return line.seq <= seq; };
  const auto begin = std::partition_point(lines.begin(), lines.end(), is_behind);
  return past_of(lines, static_cast<std::size_t>(begin - lines.begin()), count);
}

std::optional<Past> RecentLines::last(const std::string& room, std::size_t count) const {
  const auto there = rooms_.find(room);
  const std::size_t size = there == rooms_.end() ? 0 : there->second.size();
  if (size < count) return std::nullopt;
  return past_of(there->second, size - count, count);
}

Past RecentLines::past_of(const std::deque<ChatLine>& lines, std::size_t first,
                          std::size_t count) const {
  Past past;
  for (std::size_t i = first; i < lines.size() && past.lines.size() < count; ++i) {
    past.lines.push_back(lines[i]);
  }
  past.more = first + past.lines.size() < lines.size();
  past.seq = past.more ? past.lines.back().seq : heard_;
  past.heard = heard_;
  return past;
}

}  // namespace triloop
