// The graph of all states of a scenario: from each, who can go on, and what state that leads to.
//
// States are merged if their histories are the same (run.h), whoever has run last: without a bound
// on preemptions it does not matter. A node is a state in which somebody has to choose; what only
// one can do is part of the edge before it. A thread that has just begun goes on to its first
// operation: until then nobody can see that it has. A wait may end for no reason once in a path, or
// never where preemptions are bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "event.h"
#include "run.h"
#include "scheduler.h"

namespace explore {

struct GraphBounds {
  int preemptions = -1;  // -1: no bound
  std::size_t nodes = 20'000;
};

struct Edge {
  Option::Kind kind = Option::kRun;
  int thread = kNobody;
  int to = -1;
  std::vector<Event> events;
};

struct Node {
  enum End { kGoesOn, kEndsWell, kBroken } end = kGoesOn;
  std::vector<Edge> options;
  std::vector<Standing> threads;
  std::string failure;
};

struct Graph {
  std::vector<Value> values;
  std::vector<Event> start;  // before the first choice
  std::vector<Node> nodes;   // the first is the first
};

/// Throws std::length_error if there are more nodes than `bounds` allows.
Graph graph_of(const Scenario& scenario, const GraphBounds& bounds = {});

/// The choices of a schedule, each an index into the options of its node.
using Choices = std::vector<std::uint8_t>;

/// "10100": a digit of base 36 for each. Throws std::invalid_argument.
std::string text_of(const Choices& choices);
Choices choices_from(const std::string& text);

/// A scenario up to behind the last of its choices.
struct Stop {
  std::vector<Event> events;
  std::size_t before_last = 0;  // so many of them are before the last choice
  Node node;                    // the edges of its options lead nowhere
  std::vector<Value> values;
  std::uint64_t key = 0;  // nodes that have the same are the same
};

/// Throws std::invalid_argument if there are fewer options than a choice says, or no choice any
/// more.
Stop play(const Scenario& scenario, const Choices& choices, const GraphBounds& bounds = {});

}  // namespace explore
