// Exercise 5: what a processor with a helper thread promises, at each of its ends.
#include <sched.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compute.h"
#include "served.h"
#include "support/running_server.h"
#include "support/test_client.h"
#include "support/threads.h"

using exercises::Broken;
using triloop::Opcode;
using triloop::testing::await;
using triloop::testing::await_standstill;
using triloop::testing::client_close;
using triloop::testing::client_frame;
using triloop::testing::ServerFrame;
using triloop::testing::TestClient;
using triloop::testing::Worker;

namespace {

const std::string kHours = "1000000000000";  // so many steps

// What a helper does after its processor has thrown is too much when it is more than this.
constexpr std::uint64_t kTooManySteps = 1'000'000;

// The computation. Its first step takes until the gate is opened.
class Steps {
 public:
  void take_one() {
    if (++taken_ == 1) gate_.wait();
    ::sched_yield();
  }
  void open_gate() { gate_.fire({}); }
  std::uint64_t taken() const { return taken_; }

 private:
  triloop::Latch gate_;
  triloop::Atomic<std::uint64_t> taken_{0};
};

// A server, and one connection to it.
class Trial {
 public:
  Trial() { client_.open(); }

  // One request after the other; returns when all have arrived.
  void ask(const std::vector<std::string>& requests) {
    std::string frames;
    for (const std::string& request : requests) frames += client_frame(Opcode::text, request);
    const std::uint64_t before = now().messages_received;
    client_.send(frames);
    await("it to arrive", [&] { return now().messages_received == before + requests.size(); });
  }
  void hear(const std::string& answer) {
    const std::string heard = client_.next_text();
    if (heard != answer) throw Broken{"the answer is \"" + heard + "\""};
  }

  void open_gate() { steps_.open_gate(); }
  void await_work() {
    await("the helper to begin", [&] { return steps_.taken() > 0; });
  }
  bool computes_on() const { return steps_.taken() > kTooManySteps; }

  // Both: an ending has begun when they return.
  void stop() {
    stops_.emplace([&] { stuck_ = server_.stop(); });
    await_ending();
  }
  void say_close() {
    client_.send(client_close(1000));
    await_ending();
  }

  // Reads to the end, and then ends its own side.
  void begin_to_read() {
    reads_.emplace([&] { read_to_end(); });
  }
  bool has_read_all() const { return reads_->is_done(); }

  // The end has come, in time and with this Close; 0 is any. The answers say what was done.
  void end(std::uint16_t code, std::size_t answers) {
    if (!reads_) begin_to_read();
    reads_->await_done();
    if (!stops_) stop();
    stops_->await_done();
    if (!stuck_.empty()) {
      throw Broken{
          "Server::stop() was called. After the drain timeout of 5 s the connection was aborted, "
          "and one\n"
          "second later Server::run() returned and named it: connection " +
          std::to_string(stuck_.front()) + ". Its processor has not returned."};
    }
    check_answers(answers);
    if (frames_.empty() || !frames_.back().is(Opcode::close))
      throw Broken{"the peer gets no Close"};
    if (code == 0 || frames_.back().close_code() == code) return;
    throw Broken{"the peer gets Close " + std::to_string(frames_.back().close_code())};
  }

  // All threads are asleep now: has the peer got its Close?
  bool has_said_goodbye() { return now().writer.doing == triloop::Doing::waiting_for_peer; }

 private:
  static triloop::Options options() {
    triloop::Options options = triloop::testing::quiet_options();
    options.drain_timeout = std::chrono::seconds(5);
    return options;
  }

  // For an instant at its very end a connection is in no snapshot.
  triloop::ConnectionSnapshot now() {
    std::vector<triloop::ConnectionSnapshot> all;
    await("a snapshot", [&] { return !(all = server_.server().snapshot().connections).empty(); });
    return all.front();
  }
  void await_ending() {
    await("the ending to begin", [&] { return now().closing.has_value(); });
  }

  // Up to an orderly end, or to another one.
  void read_to_end() {
    try {
      while (auto frame = client_.next_frame()) frames_.push_back(std::move(*frame));
    } catch (const std::exception&) {
    }
    client_.shutdown_send();
  }

  void check_answers(std::size_t answers) const {
    std::size_t count = 0;
    std::uint64_t done = 0;
    for (const ServerFrame& frame : frames_) {
      if (!frame.is(Opcode::text)) continue;
      ++count;
      done += std::stoull(frame.payload);
    }
    if (count != answers) {
      throw Broken{"the peer has asked " + std::to_string(answers) +
                   " times, and gets so many answers: " + std::to_string(count)};
    }
    if (count > 0 && done != steps_.taken()) throw Broken{"the answers do not say what was done"};
  }

  Steps steps_;
  triloop::testing::RunningServer server_{[this](triloop::Connection& connection) {
                                            compute(connection, [this] { steps_.take_one(); });
                                          },
                                          options()};
  TestClient client_{server_.port()};
  std::vector<ServerFrame> frames_;
  std::vector<std::uint64_t> stuck_;
  std::optional<Worker> stops_, reads_;
};

using One = exercises::Kept<Trial>;

void answer(One& trial) {
  trial->open_gate();
  trial->ask({"3"});
  trial->hear("3 of 3");
  trial->ask({"2"});
  trial->hear("2 of 2");
}

void stop_an_idle_one(One& trial) {
  trial->stop();
  trial->end(1001, 0);
}

void stop_at_work() {
  One trial;
  trial->ask({kHours});
  trial->await_work();
  trial->stop();
  trial->open_gate();
  trial->end(1001, 1);
}

void close_at_work() {
  One trial;
  trial->ask({kHours});
  trial->await_work();
  trial->say_close();
  trial->open_gate();
  trial->end(1000, 1);
}

// One is computed, two wait in the queue, and one in the processor's hand.
void stop_with_more_to_do() {
  One trial;
  trial->ask({kHours, kHours, kHours, kHours});
  trial->await_work();
  await_standstill();
  trial->stop();
  trial->open_gate();
  trial->end(1001, 4);
}

void throw_when_idle() {
  One trial;
  trial->ask({"many"});
  await_standstill();
  if (!trial->has_said_goodbye()) {
    throw Broken{"The processor has thrown, and its connection does not end: nobody can go on."};
  }
  trial->end(0, 0);
}

void throw_at_work() {
  One trial;
  trial->ask({kHours});
  trial->await_work();
  trial->ask({"many"});
  await_standstill();
  trial->begin_to_read();
  trial->open_gate();
  await("the end, or too many steps",
        [&] { return trial->has_read_all() || trial->computes_on(); });
  if (!trial->has_read_all()) {
    throw Broken{"A million steps after the processor has thrown the helper still computes."};
  }
  trial->end(0, 1);
}

}  // namespace

int main() {
  exercises::begin("Exercise 5: the helper");
  One first;
  exercises::keep_all(
      {{"a request is answered when it is done", [&] { answer(first); }},
       {"the server stops, and the helper has nothing to do", [&] { stop_an_idle_one(first); }},
       {"the server stops while it computes: the peer gets what is done", stop_at_work},
       {"the peer closes while it computes: the peer gets what is done", close_at_work},
       {"the server stops, and more is to be done: each gets an answer", stop_with_more_to_do},
       {"the processor throws, and the helper has nothing to do", throw_when_idle},
       {"the processor throws while it computes: the peer gets what is done", throw_at_work}});
}
