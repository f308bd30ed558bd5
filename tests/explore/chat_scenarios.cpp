// The chat, in which connections meet, under every schedule.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "demo/processors/chat.h"
#include "demo/processors/local_presence.h"
#include "demo/processors/sqlite_journal.h"
#include "processor_play.h"
#include "scenarios.h"
#include "scheduler.h"

namespace explore {
namespace {

using triloop::Attendee;
using triloop::Connection;
using triloop::LocalPresence;
using triloop::Rooms;
using triloop::SlowMember;
using triloop::SqliteJournal;
using triloop::Thread;

// An exception from "one lock at a time" (docs/processors/chat.md): under the journal's lock, or
// the presence's, that of the rooms is taken, under that a group takes its own, and under that each
// member's queue.
std::shared_ptr<Rooms> open_rooms(SlowMember slow_member = SlowMember::kSkip) {
  auto journal = std::make_unique<SqliteJournal>("");
  auto presence = std::make_unique<LocalPresence>();
  may_hold_while_locking(*journal, 2);
  may_hold_while_locking(*presence, 2);
  name(*journal, "journal");
  name(*presence, "presence");
  auto rooms = std::make_shared<Rooms>(std::move(journal), std::move(presence), slow_member);
  may_hold_while_locking(*rooms, 1);
  name(*rooms, "rooms");
  return rooms;
}

// In a room by its handle. What it is told waits in its out-queue; nobody serves its connection
// until heard() asks.
class Member {
 public:
  Member(std::shared_ptr<Rooms> rooms, std::string called, std::uint64_t id = 1,
         const triloop::Options& options = quiet())
      : rooms_(std::move(rooms)),
        called_(std::move(called)),
        scene_(
            {}, [](Connection&) {}, options, SIZE_MAX, id) {}

  bool join(const std::string& token = {}, std::optional<std::uint64_t> since = {}) {
    who_ = rooms_->join({"r", called_, scene_.connection().handle(), token, since});
    return who_.has_value();
  }
  void say(const std::string& text, const std::string& id = {}) {
    rooms_->say(*who_, {{text, id}});
  }
  void catch_up() {
    while (rooms_->catch_up(*who_) == triloop::Room::State::kNeedsMore) {
    }
  }
  void leave() { rooms_->leave(*who_, /*all_go=*/false); }

  std::size_t news() { return scene_.connection().snapshot().out_queue.items; }
  Played heard() {
    stop_choosing();
    scene_.begin();
    return scene_.end();
  }

 private:
  const std::shared_ptr<Rooms> rooms_;
  const std::string called_;
  Scene scene_;
  std::optional<Attendee> who_;
};

std::size_t times(const Received& received, const std::string& what) {
  std::size_t count = 0;
  for (auto at = received.bytes.find(what); at != std::string::npos; ++count) {
    at = received.bytes.find(what, at + what.size());
  }
  return count;
}

std::string line(const std::string& text) { return "\"text\":\"" + text + '"'; }
std::string join_of(const std::string& who) {
  return "{\"name\":\"" + who + "\",\"type\":\"join\"}";
}
std::string leave_of(const std::string& who) {
  return "{\"name\":\"" + who + "\",\"type\":\"leave\"}";
}

bool hears_in_order(const Received& received, const std::string& first, const std::string& second) {
  const auto at = received.bytes.find(first);
  return at != std::string::npos && received.bytes.find(second, at) != std::string::npos;
}

// In the history or as news, but not in both.
void a_line_while_one_joins() {
  const auto rooms = open_rooms();
  Member ann(rooms, "ann"), bob(rooms, "bob");
  ann.join();
  {
    Thread joins("bob", [&] { bob.join(); });
    ann.say("x");
  }
  require(times(bob.heard(), line("x")) == 1, "who joins misses a line, or hears it twice");
  const Played ann_heard = ann.heard();
  require(times(ann_heard, line("x")) == 1, "who says a line does not hear it once");
  require(times(ann_heard, join_of("bob")) == 1, "nobody hears of who joins");
}

// It has heard the first line, and asks for what came behind it.
void a_line_while_one_comes_back() {
  const auto rooms = open_rooms();
  const std::string token(32, 'a');
  Member ann(rooms, "ann"), bob(rooms, "bob");
  ann.join();
  ann.say("w");
  {
    Thread joins("bob", [&] { bob.join(token, 1); });
    ann.say("x");
  }
  const Played heard = bob.heard();
  require(times(heard, line("x")) == 1, "who comes back misses a line, or hears it twice");
  require(times(heard, line("w")) == 0, "who comes back hears again what it has heard");
}

// On a connection that is lost, as its peer has noticed, and on the next one.
void one_line_is_said_twice_at_once() {
  const auto rooms = open_rooms();
  const std::string token(32, 'a');
  Member before(rooms, "ann", 1), again(rooms, "ann", 2), bob(rooms, "bob", 3);
  bob.join();
  before.join(token);
  {
    Thread says("before", [&] { before.say("x", "7"); });
    again.join(token);
    again.say("x", "7");
  }
  require(times(bob.heard(), line("x")) == 1, "a line that is said again is heard twice");
}

void two_speak_at_once() {
  const auto rooms = open_rooms();
  Member ann(rooms, "ann"), bob(rooms, "bob");
  ann.join();
  bob.join();
  {
    Thread speaks("bob", [&] { bob.say("y"); });
    ann.say("x");
  }
  const Played ann_heard = ann.heard(), bob_heard = bob.heard();
  for (const Played* heard : {&ann_heard, &bob_heard}) {
    require(times(*heard, line("x")) == 1 && times(*heard, line("y")) == 1, "a line is lost");
    require(hears_in_order(*heard, "\"seq\":1,", "\"seq\":2,"),
            "lines come in another order than they are kept");
  }
  require(hears_in_order(ann_heard, line("x"), line("y")) ==
              hears_in_order(bob_heard, line("x"), line("y")),
          "two hear the same lines in another order");
}

void one_leaves_while_another_speaks() {
  const auto rooms = open_rooms();
  Member ann(rooms, "ann"), bob(rooms, "bob");
  ann.join();
  bob.join();
  std::size_t news_when_gone = 0;
  {
    Thread leaves("bob", [&] {
      bob.leave();
      news_when_gone = bob.news();
    });
    ann.say("x");
  }
  require(bob.news() == news_when_gone, "who has left hears what comes later");
  const Played ann_heard = ann.heard(), bob_heard = bob.heard();
  require(times(ann_heard, line("x")) == 1 && times(ann_heard, leave_of("bob")) == 1,
          "who stays does not hear all");
  require(times(bob_heard, line("x")) == (hears_in_order(ann_heard, line("x"), leave_of("bob"))),
          "two hear the same news in another order");
}

void two_of_one_name() {
  const auto rooms = open_rooms();
  Member one(rooms, "ann"), other(rooms, "ann", 2);
  int joined = 0, refused = 0;
  {
    Thread joins("other", [&] { ++(other.join() ? joined : refused); });
    ++(one.join() ? joined : refused);
  }
  require(joined == 1 && refused == 1, "two of one name are in a room, or none is");
}

// Comes in again while its earlier connection, which nobody has missed yet, goes.
void one_comes_in_again() {
  const auto rooms = open_rooms();
  const std::string token(32, 'a');
  Member ghost(rooms, "ann", 1), again(rooms, "ann", 2), bob(rooms, "bob", 3);
  ghost.join(token);
  bob.join();
  {
    Thread leaves("ghost", [&] { ghost.leave(); });
    require(again.join(token), "one with the token is refused");
  }
  bob.say("x");
  require(times(again.heard(), line("x")) == 1, "who has come in again is not in the room");
  require(times(ghost.heard(), line("x")) == 0, "who has gone hears what comes later");
  const Played bob_heard = bob.heard();
  require(times(bob_heard, leave_of("ann")) == times(bob_heard, join_of("ann")),
          "others hear half of the change");
}

// Its out-queue has place for the welcome alone.
void two_speak_past_a_slow_member() {
  const auto rooms = open_rooms();
  Member ann(rooms, "ann"), slow(rooms, "slow", 2, narrow());
  ann.join();
  slow.join();
  {
    Thread speaks("slow", [&] { slow.say("y"); });
    ann.say("x");
  }
  require(rooms->fallen_behind() == 1, "a slow member does not fall behind, or does so twice");
  require(times(ann.heard(), line("x")) == 1, "a slow member holds another one up");
}

void a_slow_member_is_disconnected_once() {
  const auto rooms = open_rooms(SlowMember::kDisconnect);
  Member ann(rooms, "ann"), slow(rooms, "slow", 2, narrow());
  ann.join();
  slow.join();
  {
    Thread speaks("slow", [&] { slow.say("y"); });
    ann.say("x");
  }
  require(rooms->disconnected() == 1, "a slow member is disconnected twice, or not at all");
  require(slow.heard().first->code == 1008, "a slow member does not get 1008");
}

// All of it: what ann's peer says comes in, and what ann hears goes out, while bob says something.
void a_member_comes_and_goes() {
  const auto rooms = open_rooms();
  Member bob(rooms, "bob", 2);
  bob.join();
  triloop::Request request;
  request.query = "room=r&name=ann";
  const Played ann_heard = play_processor(
      client_frame(1, "x") + kClose, triloop::chat(rooms), [&](Connection&) { bob.say("y"); },
      request);
  const Played bob_heard = bob.heard();
  require(times(bob_heard, join_of("ann")) == 1 && times(bob_heard, leave_of("ann")) == 1 &&
              times(bob_heard, line("y")) == 1,
          "bob does not hear all, or hears it twice");
  if (!ann_heard.in_time) return;
  require(times(bob_heard, line("x")) == 1 && times(ann_heard, line("x")) == 1,
          "what ann says is not heard once");
  require(times(ann_heard, line("y")) == (hears_in_order(bob_heard, line("y"), leave_of("ann"))),
          "two hear the same news in another order");
  require(ann_heard.ends_with(server_frame(8, code(1000))), "no Close at the end");
}

}  // namespace

const std::vector<Named>& chat_scenarios() {
  static const std::vector<Named> all = {
      {"chat: a line while one joins", a_line_while_one_joins},
      {"chat: a line while one comes back", a_line_while_one_comes_back},
      {"chat: one line is said twice at once", one_line_is_said_twice_at_once},
      {"chat: two speak at once", two_speak_at_once},
      {"chat: one leaves while another speaks", one_leaves_while_another_speaks},
      {"chat: two of one name", two_of_one_name},
      {"chat: one comes in again", one_comes_in_again},
      {"chat: two speak past a slow member", two_speak_past_a_slow_member},
      {"chat: a slow member is disconnected once", a_slow_member_is_disconnected_once},
      {"chat: a member comes and goes", a_member_comes_and_goes},
  };
  return all;
}

}  // namespace explore
