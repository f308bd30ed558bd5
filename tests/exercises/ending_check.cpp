// Exercise 3: what the two endings promise.
#include <deque>
#include <string>
#include <vector>

#include "connection.h"
#include "explored.h"

using explore::remark;
using explore::require;
using triloop::CondVar;
using triloop::Mutex;
using triloop::MutexLock;
using triloop::Thread;

struct Names {
  static void give(Connection& connection) {
    explore::name_this_thread("main");
    connection.in_queue_.set_name("the in-queue");
    connection.out_queue_.set_name("the out-queue");
  }
};

namespace {

using Texts = std::vector<std::string>;

// Says what it has to say, and takes as many answers as it wants to.
class ScriptedPeer final : public Peer {
 public:
  ScriptedPeer(std::deque<std::string> says, bool stays, std::size_t takes)
      : says_(std::move(says)), stays_(stays), takes_(takes) {
    explore::name(mutex_, "the peer's mutex");
    explore::name(changed_, "the peer");
  }

  std::optional<std::string> receive() override {
    const MutexLock lock(mutex_);
    if (says_.empty() && stays_) remark("waits for the peer to say something");
    while (says_.empty() && stays_ && !shut_down_) changed_.wait(mutex_);
    if (says_.empty() || shut_down_) {
      remark(shut_down_ ? "finds its socket shut down" : "receives the peer's last word");
      return std::nullopt;
    }
    std::string request = says_.front();
    says_.pop_front();
    remark("receives request " + request);
    return request;
  }

  bool send(const std::string& answer) override {
    const MutexLock lock(mutex_);
    if (takes_ == 0) remark("waits for the peer to take " + answer);
    while (takes_ == 0 && !gone_ && !shut_down_) changed_.wait(mutex_);
    if (shut_down_ || gone_) {
      remark(shut_down_ ? "finds its socket shut down" : "finds that the peer is gone");
      return false;
    }
    --takes_;
    taken_.push_back(answer);
    remark("sends " + answer);
    return true;
  }

  void shutdown() override {
    const MutexLock lock(mutex_);
    shut_down_ = true;
    changed_.notify_all();
  }

  void take_more(std::size_t answers) {
    const MutexLock lock(mutex_);
    takes_ = answers;
    changed_.notify_all();
  }

  // What it is sent fails; it does not say that it goes.
  void vanish() {
    const MutexLock lock(mutex_);
    gone_ = true;
    changed_.notify_all();
  }

  const Texts& taken() const { return taken_; }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::deque<std::string> says_;
  const bool stays_;  // does not say a last word
  std::size_t takes_;
  Texts taken_;
  bool gone_ = false;
  bool shut_down_ = false;
};

constexpr std::size_t kAll = 100;

// The three threads of a connection, joined at its end.
struct Running {
  explicit Running(Connection& connection)
      : writer("writer", [&] { connection.write_loop(); }),
        processor("processor", [&] { connection.process_loop(); }),
        reader("reader", [&] { connection.read_loop(); }) {}
  void join() {
    reader.join();
    processor.join();
    writer.join();
  }
  Thread writer, processor, reader;
};

void one_answer() {
  ScriptedPeer peer({"1"}, /*stays=*/false, kAll);
  Connection connection(peer);
  Names::give(connection);
  Running(connection).join();
  require(peer.taken() == Texts{"re: 1"}, "an answer is missing");
}

void two_answers() {
  ScriptedPeer peer({"1", "2"}, /*stays=*/false, kAll);
  Connection connection(peer);
  Names::give(connection);
  Running(connection).join();
  require(peer.taken() == Texts({"re: 1", "re: 2"}), "an answer is missing");
}

void read_late() {
  ScriptedPeer peer({"1", "2"}, /*stays=*/false, /*takes=*/0);
  Connection connection(peer);
  Names::give(connection);
  Running running(connection);
  explore::any_moment();
  peer.take_more(kAll);
  running.join();
  require(peer.taken() == Texts({"re: 1", "re: 2"}), "an answer is missing");
}

// In whatever they are just then.
void abort_whenever(ScriptedPeer& peer) {
  Connection connection(peer);
  Names::give(connection);
  Running running(connection);
  explore::any_moment();
  connection.abort();
  remark("has aborted");
  running.join();
}

void abort_an_idle_one() {
  ScriptedPeer peer({"1"}, /*stays=*/true, kAll);
  abort_whenever(peer);
}
void abort_a_full_one() {
  ScriptedPeer peer({"1", "2", "3"}, /*stays=*/true, /*takes=*/0);
  abort_whenever(peer);
}
void abort_a_drain() {
  ScriptedPeer peer({"1", "2"}, /*stays=*/false, /*takes=*/0);
  abort_whenever(peer);
}

void vanished() {
  ScriptedPeer peer({"1", "2"}, /*stays=*/true, /*takes=*/0);
  Connection connection(peer);
  Names::give(connection);
  Running running(connection);
  explore::any_moment();
  peer.vanish();
  remark("the peer vanishes");
  running.join();
}

}  // namespace

int main() {
  return exercises::explore_all(
      "Exercise 3: the ending", {EXERCISE_ID, EXERCISE_CODE, EXERCISE_PAGE},
      {{"a request gets its answer, and then all three are done", one_answer},
       {"so do two, where each queue has room for one", two_answers},
       {"and those of a peer that reads late", read_late},
       {"abort() ends all three where nothing is to be done", abort_an_idle_one},
       {"and where both queues are full", abort_a_full_one},
       {"and in the middle of a drain", abort_a_drain},
       {"all three end when a send fails", vanished}},
      exercises::Manner::calls);
}
