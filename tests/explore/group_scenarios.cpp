// A group: members come, go, end and are full while others publish, under every schedule.
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "play.h"
#include "scenarios.h"
#include "scheduler.h"
#include "triloop/group.h"

namespace explore {
namespace {

using triloop::Connection;
using triloop::Group;
using triloop::Message;
using triloop::Overflow;
using triloop::PreparedMessage;
using triloop::Published;
using triloop::Thread;
using Messages = std::vector<PreparedMessage>;

PreparedMessage prepared(const std::string& text) { return PreparedMessage(Message::text(text)); }
std::string frame(const std::string& text) { return server_frame(1, text); }
Message told_of(std::uint64_t missed) { return Message::text("missed " + std::to_string(missed)); }

// Under its lock each member's queue takes its own (triloop/group.h).
std::shared_ptr<Group> make_group(Group::Notice notice = {}) {
  auto group = std::make_shared<Group>(std::move(notice));
  may_hold_while_locking(*group);
  name(*group, "group");
  return group;
}

// What it is told waits in its out-queue; nobody serves its connection until heard() asks.
class Member {
 public:
  explicit Member(std::uint64_t id, const triloop::Options& options = quiet())
      : scene_(
            "", [](Connection&) {}, options, SIZE_MAX, id),
        handle(scene_.connection().handle()) {}

  std::string heard() {
    stop_choosing();
    scene_.begin();
    const std::string bytes = scene_.end().bytes;
    const std::string goodbye = server_frame(8, code(1000));
    require(bytes.size() >= goodbye.size(), "no goodbye");
    return bytes.substr(0, bytes.size() - goodbye.size());
  }

 private:
  Scene scene_;

 public:
  const triloop::ConnectionHandle handle;
};

// All hear the same, and what is published together stays together.
void two_publish_at_once() {
  const auto group = make_group();
  Member ann(1), bob(2);
  group->join(ann.handle);
  group->join(bob.handle);
  {
    Thread other("other", [&] { group->publish(prepared("c")); });
    group->publish(Messages{prepared("a"), prepared("b")});
  }
  const std::string heard = ann.heard();
  const std::string together = frame("a") + frame("b");
  require(heard == together + frame("c") || heard == frame("c") + together,
          "something is lost, or what was published together is torn apart");
  require(bob.heard() == heard, "two hear the same in another order");
}

void one_joins_and_one_leaves() {
  const auto group = make_group();
  Member ann(1), bob(2);
  group->join(ann.handle);
  std::size_t told_when_gone = 0;
  {
    Thread other("other", [&] {
      group->join(bob.handle);
      group->leave(ann.handle);
      told_when_gone = ann.handle.is_over() ? 0 : group->size();
    });
    group->publish(Messages{prepared("a"), prepared("b")});
  }
  require(told_when_gone == 1 && group->size() == 1, "who has left is a member still");
  const std::string all = frame("a") + frame("b");
  const std::string ann_heard = ann.heard(), bob_heard = bob.heard();
  require(ann_heard.empty() || ann_heard == all, "who leaves hears a part");
  require(bob_heard.empty() || bob_heard == all, "who joins hears a part");
  require(!ann_heard.empty() || !bob_heard.empty(),
          "nobody hears what there was always one to hear");
}

// It is over, or about to be: nobody waits for it, and it is forgotten.
void a_member_ends_meanwhile() {
  const auto group = make_group();
  Member ann(1);
  group->join(ann.handle);
  Scene scene(
      "", [](Connection& self) { self.abort(); }, quiet(), SIZE_MAX, 2);
  group->join(scene.connection().handle());
  scene.begin();
  any_moment();
  group->publish(prepared("a"), Overflow::wait(std::chrono::seconds(1)));
  scene.end();
  group->publish(prepared("b"));
  require(group->size() == 1, "one that is over is a member still");
  expect_fair();
  require(ann.heard() == frame("a") + frame("b"), "one that ends keeps others from hearing");
}

// Its queue holds one message. Whoever is not slow does not wait, whatever they publish.
void a_slow_member_misses_what_finds_no_room() {
  const auto group = make_group(told_of);
  Member ann(1), slow(2, narrow());
  group->join(ann.handle);
  group->join(slow.handle);
  Published here, there;
  {
    Thread other("other", [&] { there = group->publish(prepared("c")); });
    here = group->publish(Messages{prepared("a"), prepared("b")});
  }
  require(here.queued + there.queued == 4 && here.skipped + there.skipped == 2,
          "not all is counted that is queued, or that is skipped");
  require(here.began_to_miss.size() + there.began_to_miss.size() == 1,
          "it begins to miss something twice, or never");
  require(group->leave(slow.handle) == 2, "what it missed in all is wrong");
  require(ann.heard().size() == 3 * frame("a").size(), "a slow member holds another one up");
}

void a_slow_member_goes_once() {
  const auto group = make_group();
  Member slow(2, narrow());
  group->join(slow.handle);
  std::size_t gone = 0;
  {
    Thread other("other", [&] {
      gone += group->publish(prepared("c"), Overflow::disconnect()).disconnected.size();
    });
    const auto here =
        group->publish(Messages{prepared("a"), prepared("b")}, Overflow::disconnect());
    other.join();
    gone += here.disconnected.size();
  }
  require(gone == 1 && group->size() == 0, "it is disconnected twice, or not at all");
}

// The writer makes room, while somebody else publishes: that one does not wait.
void a_full_member_is_waited_for() {
  const auto group = make_group();
  triloop::Latch told;
  Scene scene(
      "", [&](Connection&) { told.wait(); }, narrow(), 0, 2);
  group->join(scene.connection().handle());
  scene.begin();
  Published published;
  {
    Thread other("other", [&] {
      published = group->publish(Messages{prepared("a"), prepared("b"), prepared("c")},
                                 Overflow::wait(std::chrono::seconds(1)));
    });
    any_moment();
    group->size();  // the lock is free, whoever is waited for
    scene.peer().take(SIZE_MAX);
  }
  told.fire({});
  const Played played = scene.end();
  expect_fair();
  require(published.queued + published.skipped == 3, "not all is counted");
  if (!played.in_time) return;
  const std::string all = frame("a") + frame("b") + frame("c");
  require(played.bytes ==
              all.substr(0, published.queued * frame("a").size()) + server_frame(8, code(1000)),
          "who was waited for hears not what is counted, or in another order");
}

// Nobody makes room, and it ends: what frees the wait is that, and not the hour.
void one_that_is_waited_for_ends() {
  const auto group = make_group();
  triloop::Latch told;
  const auto abort_and_stay = [&](Connection& self) {
    self.abort();
    told.wait();
  };
  Scene scene("", abort_and_stay, narrow(), 0, 2);
  group->join(scene.connection().handle());
  scene.begin();
  const Published published = group->publish(Messages{prepared("a"), prepared("b"), prepared("c")},
                                             Overflow::wait(std::chrono::hours(1)));
  require(published.queued + published.skipped <= 3, "more is counted than was published");
  told.fire({});
  scene.end();
  expect_fair();
}

}  // namespace

const std::vector<Named>& group_scenarios() {
  static const std::vector<Named> all = {
      {"group: two publish at once", two_publish_at_once},
      {"group: one joins and one leaves", one_joins_and_one_leaves},
      {"group: a member ends meanwhile", a_member_ends_meanwhile},
      {"group: a slow member misses what finds no room", a_slow_member_misses_what_finds_no_room},
      {"group: a slow member goes once", a_slow_member_goes_once},
      {"group: a full member is waited for", a_full_member_is_waited_for},
      {"group: one that is waited for ends", one_that_is_waited_for_ends},
  };
  return all;
}

}  // namespace explore
