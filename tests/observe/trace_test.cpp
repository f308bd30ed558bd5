#include "observe/trace.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <system_error>
#include <vector>

#include "observe/trace_ring.h"
#include "support/catch.h"
#include "support/threads.h"

namespace triloop::trace {
namespace {

using nlohmann::json;

// A trace for the length of a test.
class Trace {
 public:
  explicit Trace(const Limits& limits = {}) { start(file_.string(), limits); }
  ~Trace() {
    write();
    std::filesystem::remove(file_);
  }

  std::string text() const {
    std::ostringstream text;
    text << std::ifstream(file_).rdbuf();
    return text.str();
  }

  // Ends it. Throws if the file is no JSON.
  json read() {
    write();
    return json::parse(text());
  }

 private:
  const std::filesystem::path file_ = std::filesystem::temp_directory_path() /
                                      ("triloop-trace-" + std::to_string(::getpid()) + ".json");
};

// The events of one kind, without the names of threads.
std::vector<json> events(const json& trace, const std::string& phase) {
  std::vector<json> found;
  for (const json& event : trace["traceEvents"]) {
    if (event["ph"] == phase) found.push_back(event);
  }
  return found;
}

std::vector<std::string> names(const std::vector<json>& events) {
  std::vector<std::string> found;
  for (const json& event : events) found.push_back(event["name"]);
  return found;
}

std::vector<std::string> tracks(const json& trace) {
  std::vector<std::string> found;
  for (const json& event : events(trace, "M")) {
    if (event["name"] == "thread_name") found.push_back(event["args"]["name"]);
  }
  return found;
}

double end_of(const json& slice) { return slice["ts"].get<double>() + slice["dur"].get<double>(); }

// What a machine may show that reorders. The first test of all that trace, so there was no
// recorder.
TEST_CASE("who sees that tracing is on before it sees the recorder is left out", "[trace]") {
  detail::on.set(true);
  {
    const Track track(Role::reader, 1);
    const Slice slice("left out");
    const Gap gap;
    CHECK(depart("arrow") == 0);
  }
  detail::on.set(false);
}

TEST_CASE("off, nothing is kept", "[trace]") {
  { const Slice slice("before"); }
  CHECK(depart("arrow") == 0);
  Trace trace;
  CHECK(events(trace.read(), "X").empty());
}

TEST_CASE("until it is written, the file holds an empty trace", "[trace]") {
  Trace trace;
  const Slice slice("one");
  CHECK(json::parse(trace.text()) == json{{"traceEvents", json::array()}});
}

TEST_CASE("a file that cannot be written is an error that names it", "[trace]") {
  std::string what;
  try {
    start("/no-such-directory/trace.json");
  } catch (const std::system_error& error) {
    what = error.what();
  }
  CHECK(what.find("'/no-such-directory/trace.json'") != std::string::npos);
  CHECK_FALSE(is_on());
}

TEST_CASE("slices lie inside each other as their scopes do", "[trace]") {
  Trace trace;
  {
    const Slice outer("outer");
    { const Slice first("first"); }
    { const Slice second("second"); }
  }
  const auto slices = events(trace.read(), "X");
  REQUIRE(names(slices) == std::vector<std::string>{"first", "second", "outer"});
  CHECK(slices[2]["ts"] <= slices[0]["ts"]);
  CHECK(end_of(slices[0]) <= slices[1]["ts"].get<double>());
  CHECK(end_of(slices[1]) <= end_of(slices[2]));
}

TEST_CASE("a slice that is still open when the trace is written lasts until then", "[trace]") {
  Trace trace;
  const Slice outer("outer");
  const Slice inner("inner");
  { const Slice done("done"); }
  const auto slices = events(trace.read(), "X");
  REQUIRE(names(slices) == std::vector<std::string>{"done", "outer", "inner"});
  CHECK(end_of(slices[0]) <= end_of(slices[1]));
  CHECK(std::abs(end_of(slices[1]) - end_of(slices[2])) < 0.0005);  // ns, in microseconds
}

TEST_CASE("slices nested too deeply are left out, and the others are right", "[trace]") {
  Trace trace;
  const std::function<void(int)> nest = [&](int depth) {
    const Slice slice("slice");
    if (depth > 1) nest(depth - 1);
  };
  nest(100);
  { const Slice slice("after"); }
  const auto slices = events(trace.read(), "X");
  REQUIRE(slices.size() == Ring::kMostOpen + 1);
  CHECK(slices.back()["name"] == "after");
}

TEST_CASE("a gap cuts the slice around it in two", "[trace]") {
  Trace trace;
  {
    const Slice work("work");
    const Gap gap;
    const Slice rest("rest");
  }
  const auto slices = events(trace.read(), "X");
  REQUIRE(names(slices) == std::vector<std::string>{"work", "rest", "work"});
  CHECK(end_of(slices[0]) <= slices[1]["ts"].get<double>());
  CHECK(end_of(slices[1]) <= slices[2]["ts"].get<double>());
}

TEST_CASE("each thread has a track of its own, with its name", "[trace]") {
  Trace trace;
  {
    const Thread thread("helper", [] { const Slice slice("helping"); });
    const Thread reader("any", [] {
      const Track track(Role::reader, 17);
      const Slice slice("reading");
    });
  }
  const json written = trace.read();
  auto found = tracks(written);
  std::sort(found.begin(), found.end());
  CHECK(found == std::vector<std::string>{"helper", "read-17"});
  const auto slices = events(written, "X");
  REQUIRE(slices.size() == 2);
  CHECK(slices[0]["tid"] != slices[1]["tid"]);
}

// Whoever starts a thread tells it all that was done before. To these two nobody says what the
// recorder is made of but the pointer to it: ThreadSanitizer sees whether that is enough.
TEST_CASE("a thread that runs before the trace begins is in it", "[trace]") {
  std::optional<Trace> trace;
  {
    const Thread helper("helper", [] {
      while (depart("arrow") == 0) ::sched_yield();
    });
    const Thread reader("read-1", [] {
      while (!is_on()) ::sched_yield();
      const Track track(Role::reader, 1);
      while (depart("arrow") == 0) ::sched_yield();
    });
    trace.emplace();
  }
  auto found = tracks(trace->read());
  std::sort(found.begin(), found.end());
  CHECK(found == std::vector<std::string>{"helper", "read-1"});
}

TEST_CASE("of a thread's events the oldest go", "[trace]") {
  constexpr std::size_t kEvents = 100;
  Trace trace({4, kEvents});
  { const Slice slice("old"); }
  for (std::size_t i = 0; i < kEvents; ++i) const Slice slice("new");
  const json written = trace.read();
  CHECK(names(events(written, "X")) == std::vector<std::string>(kEvents, "new"));
  CHECK(written["otherData"]["events_forgotten"] == 1);
}

TEST_CASE("of the threads that have ended the one that ended first goes", "[trace]") {
  Trace trace({2, 100});
  for (const int number : {1, 2, 3}) {
    const Track track(Role::processor, number);
  }
  auto found = tracks(trace.read());
  std::sort(found.begin(), found.end());
  CHECK(found == std::vector<std::string>{"proc-2", "proc-3"});
}

TEST_CASE("a thread for which there is no room is left out, and counted", "[trace]") {
  Trace trace({1, 100});
  const Track track(Role::reader, 1);
  {
    const Thread other("other", [] {
      const Track left_out(Role::writer, 1);
      const Slice slice("sending");
    });
  }
  const json written = trace.read();
  CHECK(tracks(written) == std::vector<std::string>{"read-1"});
  CHECK(events(written, "X").empty());
  CHECK(written["otherData"]["threads_left_out"] == 1);
}

TEST_CASE("an arrow is written if both of its ends are there", "[trace]") {
  Trace trace;
  const Slice slice("slice");
  const std::uint32_t first = depart("queue");
  const std::uint32_t second = depart("queue");
  CHECK(first != second);
  arrive("queue", second);
  const json written = trace.read();
  REQUIRE(events(written, "s").size() == 1);
  REQUIRE(events(written, "f").size() == 1);
  CHECK(events(written, "s")[0]["id"] == second);
  CHECK(events(written, "f")[0]["id"] == second);
}

TEST_CASE("arrows of two tracks never have the same number", "[trace]") {
  Trace trace;
  const auto number_on_a_track = [] {
    const Track track(Role::reader, 1);
    return depart("queue");
  };
  CHECK(number_on_a_track() != number_on_a_track());
}

TEST_CASE("a queue's fill is a counter of messages and one of bytes", "[trace]") {
  Trace trace;
  BoundedQueue<int> queue({10, 100});
  queue.push(1);
  queue.push(2);
  fill("in-queue", 7, queue);
  const auto counters = events(trace.read(), "C");
  REQUIRE(names(counters) == std::vector<std::string>{"in-queue-7 messages", "in-queue-7 bytes"});
  CHECK(counters[0]["args"] == json{{"messages", 2}});
  CHECK(counters[1]["args"] == json{{"bytes", 0}});
}

// As WatchedLatch::fire() does.
bool fire(Latch& latch, std::uint64_t connection, const CloseReason& reason) {
  Firing firing("latch", connection, reason);
  if (!latch.fire(reason)) return false;
  firing.happened();
  return true;
}

TEST_CASE("a latch is an instant when it fires, and none when it has fired", "[trace]") {
  Trace trace;
  Latch latch;
  CHECK(fire(latch, 7, {ClosedBy::peer, 1000, "bye"}));
  CHECK_FALSE(fire(latch, 7, {ClosedBy::server, 1001, "stop"}));
  CHECK(latch.reason()->text == "bye");
  const auto instants = events(trace.read(), "i");
  REQUIRE(instants.size() == 1);
  CHECK(instants[0]["name"] == "latch");
  CHECK(instants[0]["args"] ==
        json{{"connection", 7}, {"by", "peer"}, {"code", 1000}, {"reason", "bye"}});
}

TEST_CASE("a reason is JSON whatever is in it, and cut after 128 bytes", "[trace]") {
  const auto written_as = [](const std::string& reason) {
    Trace trace;
    Latch latch;
    fire(latch, 1, {ClosedBy::peer, 1000, reason});
    return events(trace.read(), "i").at(0)["args"]["reason"].get<std::string>();
  };
  CHECK(written_as("") == "");
  CHECK(written_as("say \"\\\n\t\x7f") == "say \"\\\n\t\x7f");
  CHECK(written_as(std::string("a\0b", 3)) == std::string("a\0b", 3));
  CHECK(written_as("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x99\x82") ==
        "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x99\x82");
  CHECK(written_as("\xff"
                   "a\xc3") ==
        "\xef\xbf\xbd"
        "a\xef\xbf\xbd");
  CHECK(written_as(std::string(1000, 'x')) == std::string(128, 'x'));
  // Kept in pieces of 38 bytes, of which none ends where a character does.
  std::string euros;
  for (int i = 0; i < 41; ++i) euros += "\xe2\x82\xac";
  CHECK(written_as(euros) == euros);
}

TEST_CASE("a trace is whole when it is written while threads go on", "[trace]") {
  for (int round = 0; round < 20; ++round) {
    Trace trace({4, 64});
    std::atomic<bool> stop{false};
    std::atomic<int> slices{0};
    const auto work = [&] {
      while (!stop) {
        const Track track(Role::reader, 1);
        const Slice outer("outer");
        for (int i = 0; i < 50; ++i) {
          const Slice inner("inner");
          arrive("queue", depart("queue"));
          ++slices;
        }
      }
    };
    const testing::Worker first(work);
    const testing::Worker second(work);
    testing::await("slices", [&] { return slices > 500; });
    write();
    stop = true;
    const json written = trace.read();
    // Each track by itself: of two slices one lies in the other, or before it.
    const auto all = events(written, "X");
    REQUIRE_FALSE(all.empty());
    for (const json& a : all) {
      for (const json& b : all) {
        if (a["tid"] != b["tid"] || a["ts"] >= b["ts"]) continue;
        const double overlap = end_of(a) - b["ts"].get<double>();
        CHECK((overlap < 0.0005 || end_of(b) < end_of(a) + 0.0005));
      }
    }
    CHECK(events(written, "s").size() == events(written, "f").size());
  }
}

TEST_CASE("a copy of a ring is of one instant, and what was written over is known to be",
          "[trace]") {
  constexpr std::size_t kEvents = 8;
  std::vector<Atomic<std::uint64_t>> words(Ring::words_for(kEvents));
  Ring ring;
  ring.use(0, words.data(), kEvents);
  std::atomic<bool> stop{false};
  std::uint64_t events = 0;
  // Every slice is as old as the number of its track and lasts as long: no mixture looks right.
  const testing::Worker owner([&] {
    for (std::int64_t number = 1; !stop; ++number) {
      ring.begin_track(static_cast<std::uint64_t>(number), static_cast<std::uint64_t>(number), {});
      for (int i = 0; i < 5; ++i) {
        ring.open("slice", number);
        ring.close(2 * number);
      }
      ring.end_track(0);
    }
  });
  bool good = true;
  while (events < 100'000) {
    Ring::Copy copy;
    if (!ring.copy(copy)) continue;
    const auto number = static_cast<std::int64_t>(copy.track);
    good = good && copy.order == copy.track && copy.last - copy.first <= 5;
    if (copy.open == 1) good = good && copy.open_slices[0].at == number;
    for (std::uint64_t i = copy.first; i < copy.last; ++i) {
      Ring::Words read;
      if (!ring.read(i, read)) continue;
      const Event event = event_of(read);
      good = good && event.at == number && event.a == copy.track;
      ++events;
    }
  }
  stop = true;
  CHECK(good);
}

TEST_CASE("a copy stays whole while its thread ends, in however many slices that is", "[trace]") {
  constexpr std::size_t kEvents = 8;
  std::vector<Atomic<std::uint64_t>> words(Ring::words_for(kEvents));
  Ring ring;
  ring.use(0, words.data(), kEvents);
  ring.begin_track(1, 1, {});
  for (std::size_t i = 0; i < Ring::kMostOpen; ++i) ring.open("still open", 1);
  for (std::size_t i = 0; i < 3 * kEvents; ++i) {
    ring.append(Event{Event::Kind::departure, 0, "before the copy", 1, i, 0});
  }
  Ring::Copy copy;
  REQUIRE(ring.copy(copy));
  REQUIRE(copy.last - copy.first == kEvents);

  ring.end_track(2);
  CHECK(copy.open == Ring::kMostOpen);
  for (std::uint64_t i = copy.first; i < copy.last; ++i) {
    Ring::Words read;
    REQUIRE(ring.read(i, read));
    const Event event = event_of(read);
    CHECK(event.name == std::string("before the copy"));
    CHECK(event.a == i);
  }
}

}  // namespace
}  // namespace triloop::trace
