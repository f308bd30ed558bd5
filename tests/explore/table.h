// The tables of docs/proof.md: how many schedules each scenario has.
//
// A page has a table between `<!-- schedules: GROUP -->` and `<!-- end -->`, with a column for each
// number of preemptions, and all of it in a sentence after `<!-- schedules: all -->`.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace explore {

struct Count {
  std::uint64_t schedules = 0;
  bool exhausted = true;
};

/// Of one scenario, by the number of preemptions.
using Counts = std::map<int, Count>;
/// By the scenario's name.
using Table = std::map<std::string, Counts>;

/// "2 268 978", or "3 000 000, not all".
std::string printable(const Count& count);

/// What stands between all of the page's marks. Throws std::runtime_error if there is no such file.
Table read_table(const std::string& page);

/// A table of the page.
struct Section {
  std::string group;
  struct Row {
    std::string scenario;
    int first_bound = 0, last_bound = 0;
  };
  std::vector<Row> rows;
};

/// Fills in the page's tables with what `table` knows. Throws std::runtime_error if the page has no
/// marks for one of the sections.
void write_table(const std::string& page, const std::vector<Section>& sections, const Table& table);

}  // namespace explore
