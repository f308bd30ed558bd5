/// The lines that were heard last, so that those who come need not ask for them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "demo/processors/journal.h"

namespace triloop {

/// Of all rooms, in the order in which they were heard; the oldest go when there are too many.
///
/// Thread safety: none, its owner guards it.
class RecentLines {
 public:
  /// What is added comes behind `seq`, and nothing is left out.
  void begin(std::uint64_t seq) { heard_ = complete_behind_ = seq; }
  void add(const std::string& room, const ChatLine& line);
  /// All up to there has been added.
  void heard(std::uint64_t seq) { heard_ = seq; }
  std::uint64_t heard() const { return heard_; }

  /// As Journal::since() and last(); nullopt if it takes older lines, or later ones.
  std::optional<Past> since(const std::string& room, std::uint64_t seq, std::size_t count) const;
  std::optional<Past> last(const std::string& room, std::size_t count) const;

 private:
  void drop_oldest();
  Past past_of(const std::deque<ChatLine>& lines, std::size_t first, std::size_t count) const;

  std::map<std::string, std::deque<ChatLine>> rooms_;
  std::deque<std::string> order_;  // of each line the room
  std::size_t bytes_ = 0;          // of the lines
  std::uint64_t complete_behind_ = 0, heard_ = 0;
};

}  // namespace triloop
