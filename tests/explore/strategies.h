// Who goes on: the ways to choose.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "scheduler.h"

namespace explore {

// What may happen next.
struct Option {
  enum Kind { kRun, kTimeout, kSpurious, kNotify } kind = kRun;
  int fiber = kNobody;
  int cost = 0;
};

// Who chooses. `options` has at least two.
class Strategy {
 public:
  virtual ~Strategy() = default;
  virtual std::size_t choose(const std::vector<Option>& options) = 0;
};

// Depth first over all decisions, within a bound on what they cost.
class DepthFirst final : public Strategy {
 public:
  explicit DepthFirst(int bound) : bound_(bound) {}

  std::size_t choose(const std::vector<Option>& options) override {
    if (depth_ == path_.size()) {
      Decision decision;
      for (const Option& option : options) decision.costs.push_back(option.cost);
      path_.push_back(std::move(decision));
    }
    Decision& decision = path_[depth_++];
    if (decision.costs.size() != options.size()) {
      throw std::logic_error("the scenario is not the same each time");
    }
    spent_ += decision.costs[decision.chosen];
    return decision.chosen;
  }

  // On to the next schedule. False if that was the last.
  bool advance() {
    path_.resize(depth_);
    while (!path_.empty()) {
      Decision& last = path_.back();
      spent_ -= last.costs[last.chosen];
      while (++last.chosen < last.costs.size()) {
        if (spent_ + last.costs[last.chosen] <= bound_) {
          depth_ = 0;
          spent_ = 0;
          return true;
        }
      }
      path_.pop_back();
    }
    return false;
  }

 private:
  struct Decision {
    std::vector<int> costs;
    std::size_t chosen = 0;
  };
  const int bound_;
  std::vector<Decision> path_;
  std::size_t depth_ = 0;
  int spent_ = 0;
};

class Recorded final : public Strategy {
 public:
  explicit Recorded(Strategy& inner) : inner_(inner) {}
  std::size_t choose(const std::vector<Option>& options) override {
    const std::size_t chosen = inner_.choose(options);
    text_ += (text_.empty() ? "" : ",") + std::to_string(chosen);
    return chosen;
  }
  const std::string& text() const { return text_; }

 private:
  Strategy& inner_;
  std::string text_;
};

class Replayed final : public Strategy {
 public:
  explicit Replayed(const std::string& schedule) {
    std::istringstream in(schedule);
    for (std::string part; std::getline(in, part, ',');) chosen_.push_back(std::stoul(part));
  }
  std::size_t choose(const std::vector<Option>& options) override {
    const std::size_t chosen = next_ < chosen_.size() ? chosen_[next_++] : 0;
    if (chosen >= options.size()) throw std::invalid_argument("a schedule of another scenario");
    return chosen;
  }

 private:
  std::vector<std::size_t> chosen_;
  std::size_t next_ = 0;
};

// Priorities by chance. Now and then the one with the highest loses it.
class RandomPriorities final : public Strategy {
 public:
  explicit RandomPriorities(std::uint64_t seed) : random_(seed) {}
  std::size_t choose(const std::vector<Option>& options) override {
    if (options.front().kind == Option::kNotify) return below(options.size());
    std::size_t best = options.size();
    for (std::size_t i = 0; i < options.size(); ++i) {
      if (options[i].kind != Option::kRun) {
        if (below(kRarely) == 0) return i;
      } else if (best == options.size() || priority(options[i]) > priority(options[best])) {
        best = i;
      }
    }
    if (best == options.size()) return below(options.size());
    if (below(kRarely) == 0) priorities_[options[best].fiber] = --lowest_;
    return best;
  }

 private:
  static constexpr std::uint64_t kRarely = 40;
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  std::int64_t priority(const Option& option) {
    const auto [place, is_new] = priorities_.try_emplace(option.fiber, 0);
    if (is_new) place->second = static_cast<std::int64_t>(below(1000));
    return place->second;
  }
  std::mt19937_64 random_;
  std::map<int, std::int64_t> priorities_;
  std::int64_t lowest_ = 0;
};

}  // namespace explore
