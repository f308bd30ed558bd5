#include "levels.h"

#include <algorithm>

#include "shown.h"

namespace explore {
namespace {

const char* const kWrongIds[] = {"if-for-while", "close-wakes-one", "flag-outside-the-lock",
                                 "one-condition", "saved-notify"};
const char* const kRightIds[] = {"right-one-place", "right-two-places", "right-closed"};

void add_queues(std::vector<NamedLevel>& all, const std::vector<Named>& scenarios,
                const char* const* ids, bool wrong) {
  for (const Named& named : scenarios) {
    const auto show = [wrong, name = named.name](Level& level) {
      if (wrong) return show_wrong_queue(level, name);
      level.sources.push_back(queue_with("the right one"));
    };
    all.push_back({*ids++, named, wrong, show, {}});
  }
}

std::vector<NamedLevel> all_levels() {
  std::vector<NamedLevel> all;
  add_queues(all, wrong_queues(), kWrongIds, true);
  add_queues(all, right_queue(), kRightIds, false);
  return all;
}

}  // namespace

const std::vector<NamedLevel>& levels() {
  static const std::vector<NamedLevel> all = all_levels();
  return all;
}

const NamedLevel* level_called(const std::string& id_or_scenario) {
  const auto found = std::find_if(levels().begin(), levels().end(), [&](const NamedLevel& level) {
    return level.id == id_or_scenario || level.named.name == id_or_scenario;
  });
  return found == levels().end() ? nullptr : &*found;
}

std::string levels_file() {
  std::string text =
      "// What explorer --levels writes: the graph of all states of each level. Not to be edited.\n"
      "(window.triloop ?"
      "?= {}).levels = [\n";  // no trigraph
  for (const NamedLevel& named : levels()) {
    Level level{named.id, named.named.name, named.wrong, {}, {}, named.bounds};
    named.show(level);
    text += json_of(level, graph_of(named.named.scenario, named.bounds)) + ",\n";
  }
  return text + "];\n";
}

}  // namespace explore
