// src/demo/processors/parallel.h: how many at once, in which order, and how it ends. The tests put
// their own work in: it ends when they say so.
#include "demo/processors/parallel.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "demo/processors/workers.h"
#include "support/catch.h"
#include "support/running_server.h"
#include "support/test_client.h"
#include "support/threads.h"

namespace triloop {
namespace {

using testing::await;
using testing::await_standstill;
using testing::client_close;
using testing::client_frame;
using testing::quiet_options;
using testing::RunningServer;
using testing::TestClient;

// Work that is done when the test says so, and that counts how much of it is in hand.
class Work {
 public:
  Answer answer() {
    return [this](Connection&, Message request) {
      const MutexLock lock(mutex_);
      most_ = std::max(most_, ++in_hand_);
      ++begun_;
      while (!all_may_end_ && may_end_.count(request.data) == 0) changed_.wait(mutex_);
      --in_hand_;
      return request;
    };
  }
  void end(const std::string& request) {
    const MutexLock lock(mutex_);
    may_end_.insert(request);
    changed_.notify_all();
  }
  void end_all() {
    const MutexLock lock(mutex_);
    all_may_end_ = true;
    changed_.notify_all();
  }
  void await_in_hand(int count) {
    await(std::to_string(count) + " in hand", [&] { return in_hand() == count; });
    await_standstill();  // and no more will come
    CHECK(in_hand() == count);
  }
  int in_hand() const {
    const MutexLock lock(mutex_);
    return in_hand_;
  }
  int most() const {
    const MutexLock lock(mutex_);
    return most_;
  }
  int begun() const {
    const MutexLock lock(mutex_);
    return begun_;
  }

 private:
  mutable Mutex mutex_;
  CondVar changed_;
  std::set<std::string> may_end_ TRILOOP_GUARDED_BY(mutex_);
  bool all_may_end_ TRILOOP_GUARDED_BY(mutex_) = false;
  int in_hand_ TRILOOP_GUARDED_BY(mutex_) = 0;
  int most_ TRILOOP_GUARDED_BY(mutex_) = 0;
  int begun_ TRILOOP_GUARDED_BY(mutex_) = 0;
};

// Lets all work end before the server is stopped, also when the test has failed.
struct EndAll {
  Work& work;
  ~EndAll() { work.end_all(); }
};

ParallelOptions with(std::size_t workers, std::size_t all_workers, bool in_order = false) {
  return {workers, all_workers, in_order};
}

std::string requests(int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += client_frame(Opcode::text, std::to_string(i));
  return bytes;
}

// The messages up to the Close frame, which is answered.
std::vector<std::string> replies_to_end(TestClient& client, std::uint16_t code) {
  std::vector<std::string> replies;
  auto frame = client.next_frame();
  for (; frame && !frame->is(Opcode::close); frame = client.next_frame()) {
    replies.push_back(frame->payload);
  }
  REQUIRE(frame);
  CHECK(frame->close_code() == code);
  client.shutdown_send();
  return replies;
}

// -- Workers --------------------------------------------------------------------------------------

TEST_CASE("workers: a processor that throws tells the job that it then waits for", "[parallel]") {
  RunningServer server([](Connection& connection) {
    Workers workers(connection, 1);
    Latch begun;
    workers.push([&] {
      begun.fire({});
      connection.ending().wait_until(Clock::now() + testing::kFailSafe);
      connection.write(Message::text(connection.ending().fired() ? "told" : "not told"));
    });
    begun.wait();
    throw std::runtime_error("the processor fails");
  });
  TestClient client(server.port());
  client.open();
  CHECK(replies_to_end(client, 1011) == std::vector<std::string>{"told"});
}

TEST_CASE("workers: of the bytes of jobs no more wait than they are told", "[parallel]") {
  RunningServer server([](Connection& connection) {
    Latch begun[2], go_on;
    Workers workers(connection, 2, /*waiting_bytes=*/100);
    for (Latch& one : begun) {
      workers.push([&] {
        one.fire({});
        go_on.wait();
      });
    }
    for (Latch& one : begun) one.wait();  // from here on nobody takes a job
    std::string taken;
    for (const std::size_t bytes : {60, 60, 40}) {
      taken += workers.try_push([] {}, bytes) ? "taken " : "refused ";
    }
    go_on.fire({});
    connection.write(Message::text(taken));
  });
  TestClient client(server.port());
  client.open();
  CHECK(replies_to_end(client, 1000) == std::vector<std::string>{"taken refused taken "});
}

// -- parallel -------------------------------------------------------------------------------------

TEST_CASE("parallel: as many at once as there are workers, and never more", "[parallel]") {
  Work work;
  RunningServer server(parallel(with(3, 100), work.answer()));
  const EndAll end_all{work};
  TestClient client(server.port());
  client.open();
  client.send(requests(20) + client_close(1000));
  work.await_in_hand(3);
  work.end_all();
  CHECK(replies_to_end(client, 1000).size() == 20);
  CHECK(work.most() == 3);
}

TEST_CASE("parallel: no more at once in all connections than there are slots", "[parallel]") {
  Work work;
  RunningServer server(parallel(with(3, 4), work.answer()));
  const EndAll end_all{work};
  TestClient one(server.port()), two(server.port());
  for (TestClient* client : {&one, &two}) {
    client->open();
    client->send(requests(10) + client_close(1000));
  }
  work.await_in_hand(4);
  work.end_all();
  CHECK(replies_to_end(one, 1000).size() == 10);
  CHECK(replies_to_end(two, 1000).size() == 10);
  CHECK(work.most() == 4);
}

TEST_CASE("parallel: a reply goes when it is ready, whatever came before", "[parallel]") {
  Work work;
  RunningServer server(parallel(with(2, 2), work.answer()));
  const EndAll end_all{work};
  TestClient client(server.port());
  client.open();
  client.send(requests(4));
  for (const char* request : {"1", "2", "3", "0"}) {
    work.end(request);
    CHECK(client.next_text() == request);
  }
}

TEST_CASE("parallel: in order, an early reply waits for those before it", "[parallel]") {
  Work work;
  RunningServer server(parallel(with(4, 4, /*in_order=*/true), work.answer()));
  const EndAll end_all{work};
  TestClient client(server.port());
  client.open();
  client.send(requests(100) + client_close(1000));
  work.await_in_hand(4);
  for (const char* request : {"3", "2", "1"}) work.end(request);
  work.await_in_hand(1);  // three are done, and wait for the first
  work.end_all();
  const auto replies = replies_to_end(client, 1000);
  REQUIRE(replies.size() == 100);
  for (std::size_t i = 0; i < 100; ++i) CHECK(replies[i] == std::to_string(i));
}

TEST_CASE("parallel: whoever waits for its turn holds no slot", "[parallel]") {
  Work work;
  RunningServer server(parallel(with(2, 2, /*in_order=*/true), work.answer()));
  const EndAll end_all{work};
  TestClient waits(server.port()), other(server.port());
  waits.open();
  waits.send(requests(2));
  work.await_in_hand(2);
  work.end("1");
  work.await_in_hand(1);
  other.open();
  other.send_text("1");
  CHECK(other.next_text() == "1");
  work.end("0");
  CHECK(waits.next_text() == "0");
  CHECK(waits.next_text() == "1");
}

TEST_CASE("parallel: when all workers are busy the peer has to wait", "[parallel]") {
  Work work;
  Options options = quiet_options();
  options.queue_messages = 1;
  RunningServer server(parallel(with(1, 1), work.answer()), options);
  const EndAll end_all{work};
  TestClient client(server.port());
  client.open();
  const std::string message = client_frame(Opcode::binary, std::string(100'000, 'x'));
  std::string unsent;
  do {  // until TCP pushes back and stays so
    if (unsent.empty()) unsent = message;
    unsent.erase(0, client.try_send(unsent));
    if (!unsent.empty()) await_standstill();
    unsent.erase(0, client.try_send(unsent));
  } while (unsent.empty());
  CHECK(work.begun() == 1);
  work.end_all();
}

TEST_CASE("parallel: what was received before the peer's Close is answered", "[parallel]") {
  Work work;
  RunningServer server(parallel(with(2, 2), work.answer()));
  const EndAll end_all{work};
  TestClient client(server.port());
  client.open();
  client.send(requests(5) + client_close(1000));
  work.await_in_hand(2);
  work.end_all();
  CHECK(replies_to_end(client, 1000).size() == 5);
}

TEST_CASE("parallel: when the connection breaks the work in hand ends, no other begins",
          "[parallel]") {
  for (const bool in_order : {false, true}) {
    Work work;
    RunningServer server(parallel(with(2, 2, in_order), work.answer()));
    const EndAll end_all{work};
    const std::size_t threads = testing::thread_count();
    TestClient client(server.port());
    client.open();
    client.send(requests(10));
    work.await_in_hand(2);
    client.reset();
    await_standstill();
    work.end_all();
    await("the threads to be joined", [&] { return testing::thread_count() == threads; });
    CHECK(work.begun() == 2);
  }
}

TEST_CASE("parallel: whoever waited for a slot when the connection broke does not begin either",
          "[parallel]") {
  Work work;
  RunningServer server(parallel(with(3, 1), work.answer()));
  const EndAll end_all{work};
  TestClient holder(server.port());
  holder.open();
  holder.send(requests(1));
  work.await_in_hand(1);
  const std::size_t threads = testing::thread_count();
  TestClient client(server.port());
  client.open();
  client.send(requests(3));
  await_standstill();
  client.reset();
  await("its threads to be joined", [&] { return testing::thread_count() == threads; });
  CHECK(work.begun() == 1);  // that of the holder, who holds it still
  CHECK(work.in_hand() == 1);
}

TEST_CASE("parallel: both bounds hold while many connections come, ask and break", "[parallel]") {
  constexpr int kConnections = 12, kRequests = 40, kAtOnce = 2, kInAll = 5;
  struct Count {
    std::map<std::uint64_t, int> of;  // in hand, by connection
    int most = 0, most_of_one = 0, all = 0;
  };
  Mutex mutex;
  Count count;
  const auto answer = [&](Connection& connection, Message request) {
    {
      const MutexLock lock(mutex);
      count.most = std::max(count.most, ++count.all);
      count.most_of_one = std::max(count.most_of_one, ++count.of[connection.id()]);
    }
    connection.over().wait_until(Clock::now() + std::chrono::milliseconds(1));
    const MutexLock lock(mutex);
    --count.all;
    --count.of[connection.id()];
    return request;
  };
  RunningServer server(parallel(with(kAtOnce, kInAll, /*in_order=*/true), answer));
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < kConnections; ++i) {
    clients.push_back(std::make_unique<TestClient>(server.port()));
    clients.back()->open();
    clients.back()->send(requests(kRequests) + client_close(1000));
  }
  for (std::size_t i = 0; i < kConnections; ++i) {
    if (i % 3 == 0) {
      clients[i]->reset();
    } else {
      CHECK(replies_to_end(*clients[i], 1000).size() == kRequests);
    }
  }
  CHECK(server.stop().empty());
  CHECK(count.most == kInAll);
  CHECK(count.most_of_one == kAtOnce);
}

TEST_CASE("parallel: work that throws is 1011, and loses nobody's turn", "[parallel]") {
  const testing::LogCapture log;
  const auto answer = [](Connection&, Message request) {
    if (request.data == "1") throw std::runtime_error("my \x1b[31mfault" + std::string(1000, '!'));
    return request;
  };
  RunningServer server(parallel(with(3, 3, /*in_order=*/true), answer));
  TestClient client(server.port());
  client.open();
  client.send(requests(3));
  const auto replies = replies_to_end(client, 1011);
  REQUIRE_FALSE(replies.empty());
  CHECK(replies[0] == "0");
  CHECK(server.stop().empty());
  log.await("a worker threw: my ?[31mfault" + std::string(187, '!') + "\n");
}

TEST_CASE("parallel: the demo's work takes the time that it is told, and ends with the connection",
          "[parallel]") {
  RunningServer server(parallel(with(4, 64)));
  TestClient client(server.port());
  client.open();
  const TimePoint start = Clock::now();
  client.send_text("work 20ms hello");
  CHECK(client.next_text() == "work 20ms hello");
  CHECK(Clock::now() - start >= std::chrono::milliseconds(20));
  for (const char* no_work : {"work", "work hard", "hello", ""}) {
    client.send_text(no_work);
    CHECK(client.next_text() == no_work);
  }
  client.send(client_frame(Opcode::text, "work 10s") + client_close(1000));
  CHECK(replies_to_end(client, 1000) == std::vector<std::string>{"work 10s"});
  CHECK(Clock::now() - start < std::chrono::seconds(10));
}

}  // namespace
}  // namespace triloop
