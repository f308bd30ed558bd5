#include "play_lines.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "levels.h"
#include "shown.h"

namespace explore {
namespace {

using nlohmann::json;

constexpr std::size_t kMostBytes = std::size_t{64} << 10;    // of a line
constexpr std::size_t kMostAnswered = std::size_t{8} << 20;  // of an answer
constexpr std::size_t kMostChoices = 10'000;
constexpr unsigned kSeconds = 10;  // for an answer

std::string error(const std::string& what) { return "{\"error\":" + in_quotes(what) + "}"; }

enum class Read { kLine, kTooLong, kEnd };

// Without its end. What is too long is left out.
Read read_line(std::string& line) {
  line.clear();
  bool too_long = false;
  for (;;) {
    const int c = std::getchar();
    if (c == EOF && line.empty()) return Read::kEnd;
    if (c == EOF || c == '\n') return too_long ? Read::kTooLong : Read::kLine;
    too_long = too_long || line.size() == kMostBytes;
    if (!too_long) line += static_cast<char>(c);
  }
}

std::string list_of(const std::vector<Playable>& scenarios) {
  std::string all = "{\"scenarios\":[";
  for (const Playable& playable : scenarios) {
    if (&playable != &scenarios.front()) all += ",";
    all += "{\"name\":" + in_quotes(playable.named.name) +
           ",\"group\":" + in_quotes(playable.group) + "}";
  }
  return all + "]}";
}

// The whole files that the events come from.
void show_sources(Level& level, const Stop& stop) {
  std::vector<Event> events = stop.events;
  for (const Standing& standing : stop.node.threads) events.push_back(standing.next);
  for (const std::string& file : files_of(events)) {
    if (has_source(file)) level.sources.push_back(whole_source(file));
  }
}

std::string played(const Playable& playable, const std::string& choices) {
  if (choices.size() > kMostChoices) throw std::invalid_argument("there are too many choices");
  Level level;
  level.scenario = level.id = playable.named.name;
  const NamedLevel* known = level_called(playable.named.name);
  if (known != nullptr) {
    level.id = known->id;
    level.wrong = known->wrong;
  }
  const Stop stop = play(playable.named.scenario, choices_from(choices));
  show_sources(level, stop);
  return json_of(level, stop);
}

std::string answer_to(const std::string& line, const std::vector<Playable>& scenarios) {
  const json asked = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!asked.is_object()) return error("a line is an object");
  if (asked.value("list", json()) == json(true)) return list_of(scenarios);
  const json name = asked.value("scenario", json()), choices = asked.value("choices", json(""));
  if (!name.is_string() || !choices.is_string())
    return error("it names no scenario, or no choices");
  for (const Playable& playable : scenarios) {
    if (playable.named.name != name.get<std::string>()) continue;
    try {
      return played(playable, choices.get<std::string>());
    } catch (const std::exception& refused) {
      return error(refused.what());
    }
  }
  return error("there is no such scenario");
}

void write_all(int descriptor, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t written = ::write(descriptor, text.data() + done, text.size() - done);
    if (written <= 0) return;
    done += static_cast<std::size_t>(written);
  }
}

std::string read_all(int descriptor) {
  std::string text;
  char buffer[4096];
  for (ssize_t size = 0; (size = ::read(descriptor, buffer, sizeof buffer)) > 0;) {
    if (text.size() < kMostAnswered) text.append(buffer, static_cast<std::size_t>(size));
  }
  return text;
}

// In a process of its own: what it crashes, or never gives back, is gone with it. (What a scenario
// prints, too.)
std::string answer_apart(const std::string& line, const std::vector<Playable>& scenarios) {
  int ends[2];
  if (::pipe(ends) != 0) return error("no descriptor is left");
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    ::alarm(kSeconds);
    if (std::freopen("/dev/null", "w", stdout) == nullptr) ::_exit(1);
    write_all(ends[1], answer_to(line, scenarios));
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string answer = child < 0 ? error("no process is left") : read_all(ends[0]);
  ::close(ends[0]);
  int status = 0;
  if (child > 0) ::waitpid(child, &status, 0);
  if (status != 0) return error("it has crashed, or takes too long");
  return answer.size() < kMostAnswered ? answer : error("the answer is too long");
}

}  // namespace

int play_lines(const std::vector<Playable>& scenarios) {
  std::string line;
  for (;;) {
    const Read read = read_line(line);
    if (read == Read::kEnd) return 0;
    const std::string answer =
        read == Read::kTooLong ? error("the line is too long") : answer_apart(line, scenarios);
    std::printf("%s\n", answer.c_str());
    if (std::fflush(stdout) != 0) return 0;  // nobody reads any more
  }
}

}  // namespace explore
