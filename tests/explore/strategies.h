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
#include "visited.h"

namespace explore {

// What may happen next.
struct Option {
  enum Kind { kRun, kNotify, kSpurious, kTimeout } kind = kRun;  // in web/levels.js by number
  int fiber = kNobody;
  int cost = 0;
  bool shows_nothing = false;  // of kRun: up to its next choice nobody can see that it has gone on
};

// Where the schedule stands.
class Situation {
 public:
  virtual ~Situation() = default;
  virtual std::uint64_t state() const = 0;
};

// Who chooses, and what was chosen so far: "17:2,40:1" is the third option at the 17th choice, the
// second at the 40th, and the first at all others.
class Strategy {
 public:
  virtual ~Strategy() = default;

  virtual void begin() {
    turn_ = 0;
    unusual_.clear();
  }

  std::size_t pick(const std::vector<Option>& options, const Situation* situation) {
    ++turn_;
    const std::size_t chosen = options.size() == 1 ? 0 : choose(options, situation);
    if (chosen != 0) unusual_.emplace_back(turn_, chosen);
    return chosen;
  }

  // Nothing is left that the choice of another thread could be paid with.
  virtual bool has_spent_all() const { return false; }
  void pass() { ++turn_; }

  std::string text() const {
    std::string text;
    for (const auto& [turn, chosen] : unusual_) {
      text += (text.empty() ? "" : ",") + std::to_string(turn) + ":" + std::to_string(chosen);
    }
    return text.empty() ? "0:0" : text;
  }

 protected:
  // `options` has at least two. No `situation` inside an operation.
  virtual std::size_t choose(const std::vector<Option>& options, const Situation* situation) = 0;
  std::uint64_t turn() const { return turn_; }

 private:
  std::uint64_t turn_ = 0;
  std::vector<std::pair<std::uint64_t, std::size_t>> unusual_;
};

// Depth first over all decisions, within a bound on what they cost.
class DepthFirst final : public Strategy {
 public:
  explicit DepthFirst(const Bounds& bounds) : bounds_(bounds) {}

  void begin() override {
    Strategy::begin();
    depth_ = 0;
    spent_ = 0;
    known_ = false;
  }

  bool has_spent_all() const override { return known_ || spent_ >= bounds_.preemptions; }

  // On to the next schedule. False if that was the last.
  bool advance() {
    path_.resize(depth_);
    for (; !path_.empty(); path_.pop_back()) {
      Decision& last = path_.back();
      while (++last.chosen < last.count) {
        if (last.spent_before + last.cost() <= bounds_.preemptions && !last.is_barred()) {
          return true;
        }
      }
    }
    return false;
  }

 private:
  static constexpr std::size_t kMostOptions = 32;
  struct Decision {
    std::uint8_t chosen = 0;
    std::uint8_t count = 0;
    std::int16_t spent_before = 0;
    std::uint32_t costly = 0;  // a bit for each option
    std::uint32_t barred = 0;
    int cost() const { return static_cast<int>(costly >> chosen & 1); }
    bool is_barred() const { return (barred >> chosen & 1) != 0; }
  };

  std::size_t choose(const std::vector<Option>& options, const Situation* situation) override {
    if (known_) return 0;
    if (depth_ == path_.size()) {
      if (bounds_.merge && situation != nullptr &&
          !visited_.add(situation->state(), bounds_.preemptions - spent_)) {
        known_ = true;  // the rest is run as it comes, so that all ends in order
        return 0;
      }
      path_.push_back(decision(options));
    }
    const Decision& decision = path_[depth_++];
    if (decision.count != options.size() || decision.spent_before != spent_) {
      throw std::logic_error("the scenario is not the same each time");
    }
    spent_ += decision.cost();
    return decision.chosen;
  }

  Decision decision(const std::vector<Option>& options) const {
    if (options.size() > kMostOptions) throw std::logic_error("too many threads");
    Decision decision;
    decision.count = static_cast<std::uint8_t>(options.size());
    decision.spent_before = static_cast<std::int16_t>(spent_);
    for (std::size_t i = 0; i < options.size(); ++i) {
      if (options[i].cost > 0) decision.costly |= std::uint32_t{1} << i;
      if (options[i].kind == Option::kSpurious && !bounds_.spurious) {
        decision.barred |= std::uint32_t{1} << i;
      }
    }
    return decision;
  }

  const Bounds bounds_;
  std::vector<Decision> path_;
  std::size_t depth_ = 0;
  int spent_ = 0;
  bool known_ = false;  // this schedule has come to a state that another one has gone on from
  Visited visited_;
};

class Replayed final : public Strategy {
 public:
  explicit Replayed(const std::string& schedule) {
    std::istringstream in(schedule);
    for (std::string part; std::getline(in, part, ',');) {
      const auto colon = part.find(':');
      if (colon == std::string::npos) throw std::invalid_argument("a schedule is like 17:2,40:1");
      chosen_[std::stoull(part)] = std::stoul(part.substr(colon + 1));
    }
  }

 private:
  std::size_t choose(const std::vector<Option>& options, const Situation* /*unused*/) override {
    const auto unusual = chosen_.find(turn());
    const std::size_t chosen = unusual == chosen_.end() ? 0 : unusual->second;
    if (chosen >= options.size()) throw std::invalid_argument("a schedule of another scenario");
    return chosen;
  }

  std::map<std::uint64_t, std::size_t> chosen_;
};

// Priorities by chance. Now and then the one with the highest loses it.
class RandomPriorities final : public Strategy {
 public:
  explicit RandomPriorities(std::uint64_t seed) : random_(seed) {}

 private:
  std::size_t choose(const std::vector<Option>& options, const Situation* /*unused*/) override {
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
