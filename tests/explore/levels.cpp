#include "levels.h"

#include <algorithm>

#include "parts_levels.h"
#include "shown.h"

namespace explore {
namespace {

const std::string kQueues = "tests/explore/wrong_queues.h";
const std::string kSmall = "tests/explore/small_connections.h";

using Show = std::function<void(Level&)>;

// A part of a file that has the right one in another part.
Show part(const std::string& file, const std::string& right, const std::string& name) {
  return [=](Level& level) {
    level.sources.push_back(part_of(file, right));
    if (name != right) show_changes(level, right, name);
  };
}

// A class of a header that ships, `mutant` has a mistake in it; and what stands around it, if
// anything.
Show shipping(const std::string& mutant, const std::string& file, const std::string& name,
              const std::string& around = "", const std::string& around_name = "") {
  return [=](Level& level) {
    const Source right = class_of(file, source_text(file), name);
    if (mutant.empty()) {
      level.sources.push_back(right);
    } else {
      level.sources.push_back(class_of(file, source_text(mutant + "/" + file), name));
      compare(level, right);
      level.mutant = mutant;
    }
    if (!around.empty()) {
      level.sources.push_back(class_of(around, source_text(around), around_name));
    }
  };
}

NamedLevel queue(const std::string& id, std::size_t number, bool wrong) {
  const Named& named = (wrong ? wrong_queues() : right_queue())[number];
  const std::string right = "the right one";
  return {id, named, wrong, part(kQueues, right, wrong ? named.name : right)};
}

// Cut down from a mistake in the whole connection, which `mutant` makes.
NamedLevel small(const std::string& id, std::size_t number, const std::string& mutant) {
  const Named& named = small_connections()[number];
  const Show show = part(kSmall, small_connections()[number + 3].name, named.name);
  const auto with_mutant = [=](Level& level) {
    show(level);
    level.mutant = mutant;
  };
  return {id, named, true, with_mutant};
}

std::vector<NamedLevel> all_levels() {
  const std::string latch = "include/triloop/latch.h", lanes = "include/triloop/queue_lanes.h",
                    whole = "include/triloop/bounded_queue.h";
  const char *Lanes = "QueueLanes", *Whole = "BoundedQueue";
  return {
      queue("if-for-while", 0, true),
      queue("close-wakes-one", 1, true),
      queue("flag-outside-the-lock", 2, true),
      queue("one-condition", 3, true),
      queue("saved-notify", 4, true),
#ifdef TRILOOP_PATCHED_LEVELS
      {"latch-without-flag",
       {"latch without its flag", latch_without_its_flag},
       true,
       shipping("latch-without-its-flag", latch, "Latch")},
      {"starving-lane",
       {"a lane that starves the other", urgent_lane_starves_the_other},
       true,
       shipping("urgent-lane-starves-the-other", lanes, Lanes, whole, Whole)},
#endif
      small("pong-through-the-bound", 0, "pong-through-the-data-bound"),
      small("close-before-joins", 1, ""),
      small("forgotten-stage", 2, "drain-tells-the-writer-nothing"),
      queue("right-one-place", 0, false),
      queue("right-two-places", 1, false),
      queue("right-closed", 2, false),
      {"ships-queue", {"the queue that ships", ships_closed}, false, shipping("", whole, Whole)},
      {"ships-latch", {"the latch that ships", ships_latch}, false, shipping("", latch, "Latch")},
      {"ships-lane",
       {"the lane that ships", ships_lane},
       false,
       shipping("", lanes, Lanes, whole, Whole)},
  };
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
  std::vector<std::string> all;
  for (const NamedLevel& named : levels()) {
    Level level;
    level.id = named.id;
    level.scenario = named.named.name;
    level.wrong = named.wrong;
    named.show(level);
    all.push_back(json_of(level, graph_of(named.named.scenario)));
  }
  return levels_text(all);
}

}  // namespace explore
