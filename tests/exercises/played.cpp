#include "played.h"

#include <deque>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>

#include "export.h"
#include "graph.h"
#include "level.h"

namespace exercises {
namespace {

namespace fs = std::filesystem;
using explore::Edge;
using explore::Graph;
using explore::Node;

// A page of more is slow to open.
constexpr std::size_t kMostStates = 3'000;

std::optional<Graph> graph_within(const explore::Scenario& scenario,
                                  const explore::GraphBounds& bounds) {
  try {
    return explore::graph_of(scenario, bounds);
  } catch (const std::length_error&) {
    return std::nullopt;
  }
}

// The choices to the failure that is the fewest of them away, if one is.
std::optional<explore::Choices> way_to_failure(const Graph& graph) {
  std::set<int> seen = {0};
  std::deque<std::pair<int, explore::Choices>> todo = {{0, {}}};
  for (; !todo.empty(); todo.pop_front()) {
    const auto& [at, choices] = todo.front();
    const Node& node = graph.nodes[static_cast<std::size_t>(at)];
    if (node.end == Node::kBroken) return choices;
    for (std::size_t i = 0; i < node.options.size(); ++i) {
      if (!seen.insert(node.options[i].to).second) continue;
      explore::Choices next = choices;
      next.push_back(static_cast<std::uint8_t>(i));
      todo.emplace_back(node.options[i].to, std::move(next));
    }
  }
  return std::nullopt;
}

// The files of the student's that anything happens in.
void show_code(explore::Level& level, const Graph& graph, const std::string& directory) {
  std::set<std::string> files = explore::files_of(graph.start);
  for (const Node& node : graph.nodes) {
    for (const Edge& edge : node.options) files.merge(explore::files_of(edge.events));
  }
  for (const std::string& file : files) {
    std::ifstream in(fs::path(directory) / fs::path(file).filename());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    explore::Source source = explore::source_of(file, text);
    if (!source.lines.empty()) level.sources.push_back(std::move(source));
  }
}

std::string address_of(const fs::path& file) {
  std::ostringstream address;
  address << "file://";
  for (const char c : file.string()) {
    if (c == ' ' || c == '%' || c == '#' || c == '?') {
      address << '%' << std::hex << static_cast<int>(c);
    } else {
      address << c;
    }
  }
  return address.str();
}

}  // namespace

std::string write_page(const Promise& promise, const Code& code) {
  explore::Level level;
  level.id = code.id;
  level.scenario = promise.what;
  level.wrong = true;
  for (const int preemptions : {-1, 2, 1, 0}) {
    level.bound = preemptions;
    const auto graph = graph_within(promise.scenario, {preemptions, kMostStates});
    const auto way = graph ? way_to_failure(*graph) : std::nullopt;
    if (!way) continue;
    show_code(level, *graph, code.directory);
    explore::export_page(code.page, explore::levels_text({explore::json_of(level, *graph)}));
    return address_of(fs::path(code.page) / "play.html") + "#" + level.id + ":" +
           explore::text_of(*way);
  }
  return "";
}

}  // namespace exercises
