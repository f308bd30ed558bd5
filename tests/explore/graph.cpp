#include "graph.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <stdexcept>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "strategies.h"

namespace explore {
namespace {

const char kDigits[] = "0123456789abcdefghijklmnopqrstuvwxyz";

// Makes the choices, and looks at the one behind them; from there on it takes what comes.
class Walk final : public Strategy {
 public:
  Walk(const Choices& choices, const GraphBounds& bounds, Stop& stop)
      : choices_(choices), bounds_(bounds), stop_(stop) {}

  bool has_stopped() const { return stopped_; }
  std::size_t events() const { return events_; }

  // The choices may be anybody's. (An exception would end the scenario's thread instead.)
  void demand_all_made() const {
    if (impossible_) throw std::invalid_argument("a choice that there is not");
    if (made_ < choices_.size()) throw std::invalid_argument("it is over before the last choice");
  }

 private:
  std::size_t choose(const std::vector<Option>& options, const Situation* situation) override {
    for (std::size_t i = 0; i < options.size(); ++i) {
      if (options[i].shows_nothing) return i;
    }
    const std::vector<std::size_t> menu = menu_of(options, situation != nullptr);
    const bool forced = menu.size() < 2 || options[menu[1]].kind == Option::kSpurious;
    if (forced || stopped_ || impossible_) return menu.front();
    if (made_ < choices_.size()) return make(options, menu);
    look(options, menu, situation != nullptr);
    return menu.front();
  }

  // In an order that does not depend on who has run last: threads, deadlines, waits that end for no
  // reason.
  std::vector<std::size_t> menu_of(const std::vector<Option>& options, bool may_wake) const {
    std::vector<std::size_t> menu;
    for (std::size_t i = 0; i < options.size(); ++i) {
      const Option& option = options[i];
      if (option.kind == Option::kSpurious && (!may_wake || bounds_.preemptions >= 0 || woken_))
        continue;
      if (option.kind != Option::kSpurious && bounds_.preemptions >= 0 &&
          spent_ + option.cost > bounds_.preemptions) {
        continue;
      }
      menu.push_back(i);
    }
    const auto key = [&](std::size_t i) {
      const Option& option = options[i];
      const bool notify = option.kind == Option::kNotify;  // in the order in which they wait
      return std::make_tuple(option.kind == Option::kSpurious, int{option.kind},
                             notify ? 0 : option.fiber);
    };
    std::stable_sort(menu.begin(), menu.end(),
                     [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
    return menu;
  }

  std::size_t make(const std::vector<Option>& options, const std::vector<std::size_t>& menu) {
    const std::size_t wanted = choices_[made_];
    impossible_ = wanted >= menu.size();
    if (impossible_) return menu.front();
    if (++made_ == choices_.size()) stop_.before_last = Run::current->event_count();
    const Option& option = options[menu[wanted]];
    if (option.kind == Option::kSpurious) {
      woken_ = true;
    } else {
      spent_ += option.cost;
    }
    return menu[wanted];
  }

  void look(const std::vector<Option>& options, const std::vector<std::size_t>& menu,
            bool between_operations) {
    stopped_ = true;
    for (const std::size_t i : menu) {
      stop_.node.options.push_back({options[i].kind, options[i].fiber, -1, {}});
    }
    stop_.node.threads = Run::current->standings();
    events_ = Run::current->event_count();
    const bool whoever = between_operations && bounds_.preemptions < 0;
    stop_.key = (whoever ? Run::current->state_of_all() : Run::current->state()) * 4 +
                (woken_ ? 2 : 0) + (between_operations ? 1 : 0);
    if (bounds_.preemptions >= 0) stop_.key = stop_.key * 31 + static_cast<std::uint64_t>(spent_);
  }

  const Choices& choices_;
  const GraphBounds& bounds_;
  Stop& stop_;
  std::size_t made_ = 0, events_ = 0;
  int spent_ = 0;
  bool woken_ = false, stopped_ = false, impossible_ = false;
};

// The end of a schedule: how it has ended, and how the threads stand.
void look_at_end(Run& run, Stop& stop) {
  stop.node.threads = run.standings();
  stop.node.failure = run.failure();
  stop.node.end = run.failure().empty() ? Node::kEndsWell : Node::kBroken;
  std::string text = stop.node.failure;
  for (const Standing& standing : stop.node.threads) {
    text += '\n' + std::to_string(static_cast<int>(standing.stand)) + standing.whom +
            std::to_string(standing.has_next ? static_cast<int>(standing.next.operation) : -1);
  }
  stop.key = std::hash<std::string>{}(text) | 1;
}

class Builder {
 public:
  Builder(const Scenario& scenario, const GraphBounds& bounds)
      : scenario_(scenario), bounds_(bounds) {}

  Graph build() {
    Stop first = play(scenario_, {}, bounds_);
    graph_.values = first.values;
    graph_.start = first.events;
    add(std::move(first), {});
    for (; !todo_.empty(); todo_.pop_front()) {
      const auto& [from, choices] = todo_.front();
      const std::size_t count = graph_.nodes[from].options.size();
      for (std::size_t i = 0; i < count; ++i) {
        Choices next = choices;
        next.push_back(static_cast<std::uint8_t>(i));
        Stop stop = play(scenario_, next, bounds_);
        for (const Value& value : stop.values) add_value(value);
        Edge edge = graph_.nodes[from].options[i];
        edge.events.assign(stop.events.begin() + static_cast<std::ptrdiff_t>(stop.before_last),
                           stop.events.end());
        edge.to = add(std::move(stop), std::move(next));
        graph_.nodes[from].options[i] = std::move(edge);
      }
    }
    return std::move(graph_);
  }

 private:
  int add(Stop stop, Choices choices) {
    const auto [place, is_new] = known_.try_emplace(stop.key, graph_.nodes.size());
    if (!is_new) return static_cast<int>(place->second);
    if (graph_.nodes.size() == bounds_.nodes) throw std::length_error("there are too many states");
    if (stop.node.end == Node::kGoesOn) todo_.push_back({graph_.nodes.size(), std::move(choices)});
    graph_.nodes.push_back(std::move(stop.node));
    return static_cast<int>(graph_.nodes.size()) - 1;
  }

  void add_value(const Value& value) {
    const auto same = [&](const Value& known) { return known.name == value.name; };
    if (std::none_of(graph_.values.begin(), graph_.values.end(), same)) {
      graph_.values.push_back(value);
    }
  }

  const Scenario& scenario_;
  const GraphBounds bounds_;
  Graph graph_;
  std::unordered_map<std::uint64_t, std::size_t> known_;
  struct Task {
    std::size_t from;
    Choices choices;
  };
  std::deque<Task> todo_;
};

}  // namespace

std::string text_of(const Choices& choices) {
  std::string text;
  for (const std::uint8_t choice : choices) text += kDigits[choice];
  return text;
}

Choices choices_from(const std::string& text) {
  Choices choices;
  for (const char digit : text) {
    const char* found = std::find(kDigits, kDigits + 36, digit);
    if (found == kDigits + 36) throw std::invalid_argument("choices are digits and letters");
    choices.push_back(static_cast<std::uint8_t>(found - kDigits));
  }
  return choices;
}

Stop play(const Scenario& scenario, const Choices& choices, const GraphBounds& bounds) {
  Stop stop;
  Walk walk(choices, bounds, stop);
  Run run(walk, &stop.events);
  run.execute(scenario);
  walk.demand_all_made();
  if (walk.has_stopped()) {
    stop.events.resize(walk.events());
  } else {
    look_at_end(run, stop);
  }
  stop.values = run.values();
  return stop;
}

Graph graph_of(const Scenario& scenario, const GraphBounds& bounds) {
  return Builder(scenario, bounds).build();
}

}  // namespace explore
