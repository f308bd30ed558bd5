// A scenario as a level that a page can play: its graph, and the sources that are played, as JSON.
//
// web/levels.js has one a line; docs/decisions/0017-levels.md says what stands in it.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "graph.h"

namespace explore {

struct SourceLine {
  int number = 0;  // 0: it stands in no file
  std::string text;
  bool changed = false;  // differs from the right one
};

struct Source {
  std::string file;  // from the project's root
  std::vector<SourceLine> lines;
};

/// Lines that differ from the right ones.
struct Hunk {
  std::size_t at = 0;  // an index into the first source's lines
  std::vector<std::string> removed, right;
};

struct Level {
  std::string id;
  std::string scenario;
  bool wrong = false;
  std::vector<Source> sources;
  std::vector<Hunk> right;
  std::string mutant;  // tests/explore/mutants/NAME.patch makes this mistake
  int bound = -1;      // on preemptions; -1: none
};

/// One line, without its end.
std::string json_of(const Level& level, const Graph& graph);

/// The same with one node instead of all: `"node"`.
std::string json_of(const Level& level, const Stop& stop);

/// A levels.js that has these.
std::string levels_text(const std::vector<std::string>& levels);

/// "include/triloop/latch.h" of "/somewhere/include/triloop/latch.h".
std::string from_root(const char* file);

/// The files that they come from, as from_root() has them.
std::set<std::string> files_of(const std::vector<Event>& events);

/// All lines of `text`, which stands in `file`.
Source source_of(const std::string& file, std::string_view text);

/// In quotes.
std::string in_quotes(std::string_view text);

}  // namespace explore
