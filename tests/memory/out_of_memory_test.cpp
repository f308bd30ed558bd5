// Memory runs out at every place where the server asks for some, one place after the other.
//
// This program replaces operator new by one that fails on demand. Each round lets one allocation
// of the server fail (and two more behind it, so that what mends the first failure meets another),
// one further on than the round before, until a whole connection passes without asking that often.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <deque>
#include <limits>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "demo/processors/proxy.h"
#include "support/catch.h"
#include "support/running_server.h"
#include "support/test_client.h"
#include "support/threads.h"
#include "support/upstream.h"

namespace {

constexpr long kPlenty = std::numeric_limits<long>::max() / 2;

// The test's own threads always get memory.
thread_local bool t_spared = false;

// This thread's next allocation fails.
thread_local bool t_next_fails = false;

// Counts the server's allocations down; those from 0 on fail, g_failures of them.
std::atomic<long> g_countdown{kPlenty};
std::atomic<long> g_failures{0};

std::atomic<long> g_allocations{0};  // of the server, all of them
std::atomic<long> g_bytes{0};        // that the server holds, with what malloc adds to them

bool must_fail() {
  if (std::exchange(t_next_fails, false)) return true;
  if (t_spared) return false;
  ++g_allocations;
  const long number = g_countdown.fetch_sub(1);
  return number <= 0 && number > -g_failures;
}

// Before each piece of memory: what it counts for.
constexpr std::size_t kHeadBytes = alignof(std::max_align_t);

// glibc's: eight bytes more, in steps of sixteen.
long counted(std::size_t size) {
  return t_spared ? 0 : static_cast<long>((std::max<std::size_t>(size, 24) + 8 + 15) / 16 * 16);
}

void give_back(void* memory) {
  if (memory == nullptr) return;
  void* const head = static_cast<char*>(memory) - kHeadBytes;
  g_bytes -= *static_cast<long*>(head);
  std::free(head);
}

}  // namespace

void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  void* const head = must_fail() ? nullptr : std::malloc(kHeadBytes + size);
  if (head == nullptr) return nullptr;
  g_bytes += *static_cast<long*>(head) = counted(size);
  return static_cast<char*>(head) + kHeadBytes;
}
void* operator new(std::size_t size) {
  void* const memory = operator new(size, std::nothrow);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory, const std::nothrow_t& /*tag*/) noexcept { give_back(memory); }
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { give_back(memory); }

namespace triloop {
namespace {

using testing::client_close;
using testing::LogCapture;
using testing::RunningServer;
using testing::TestClient;

// From `allocation` on, `failures` of the server's allocations fail.
void fail_at(long allocation, long failures) {
  g_failures = failures;
  g_countdown = allocation;
}

// Memory is back. True if an allocation has failed meanwhile.
bool has_failed() { return g_countdown.exchange(kPlenty) < 0; }

// A connection's whole life: handshake, messages both ways, a ping, the close handshake. False if
// the server ends it before.
bool live(std::uint16_t port) {
  const std::string large(100'000, 'x');
  TestClient client(port);
  try {
    client.open();
    client.send_text("a message");
    client.send(testing::client_frame(Opcode::ping, "a ping"));
    client.send(testing::client_frame(Opcode::binary, large));
    client.send(client_close(1000, "the end"));
    bool echoed = false;
    for (const auto& frame : client.frames_to_end()) echoed |= frame.payload == large;
    return echoed;
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::resource_unavailable_try_again)
      throw;  // the fail-safe: it hangs
    return false;
  } catch (const std::runtime_error&) {
    return false;  // no answer, or half of one
  }
}

struct Outcome {
  int broken = 0;  // connections that lack of memory ended
  int whole = 0;
};

// One connection for each allocation that it asks for, which is the one to fail.
Outcome fail_each(RunningServer& server, long failures) {
  Outcome outcome;
  for (long allocation = 0;; ++allocation) {
    INFO("allocation " << allocation << ", " << failures << " failures");
    fail_at(allocation, failures);
    const bool whole = live(server.port());
    const bool failed = has_failed();
    ++(whole ? outcome.whole : outcome.broken);
    REQUIRE((whole || failed));
    REQUIRE(live(server.port()));  // the next one does not notice
    if (!failed) return outcome;
  }
}

TEST_CASE("whichever allocation fails, that connection ends and the server goes on", "[memory]") {
  t_spared = true;
  const LogCapture log;  // so that the log asks for memory, too
  RunningServer server;
  const long failures = GENERATE(1, 3);
  const Outcome outcome = fail_each(server, failures);
  INFO(outcome.broken << " broken, " << outcome.whole << " whole");
  CHECK(outcome.broken > 20);  // else hardly any failure has hit
  CHECK(server.stop().empty());
}

TEST_CASE("a failing allocation in the accept loop delays a peer, and refuses nobody twice",
          "[memory]") {
  t_spared = true;
  RunningServer server;
  fail_at(0, 1);  // the first that accepting asks for
  live(server.port());
  CHECK(has_failed());
  CHECK(live(server.port()));
  CHECK(server.stop().empty());
}

// The first one: whatever grows with the connections has not grown yet.
TEST_CASE("a connection that ends is joined, though there is no memory at all", "[memory]") {
  t_spared = true;
  RunningServer server;
  {
    TestClient client(server.port());
    client.open();
    testing::await_blocked("read-1");
    fail_at(0, kPlenty);
  }
  testing::await("it to be gone", [&] { return server.server().snapshot().connections.empty(); });
  CHECK(has_failed());
  CHECK(server.stop().empty());
}

// Of the server, for each of many echoes, when the first have set everything up.
TEST_CASE("a write that finds no memory leaves the message with its owner", "[memory]") {
  const std::string text(100, 'x');
  int threw = 0, lost = 0;
  RunningServer server([&](Connection& connection) {
    for (int i = 0; i < 10'000 && threw == 0; ++i) {  // a queue asks for memory now and then
      Message message = Message::text(text);
      t_next_fails = true;
      try {
        connection.try_write(message);
      } catch (const std::bad_alloc&) {
        ++threw;
        lost += message.data == text ? 0 : 1;
      }
      t_next_fails = false;
    }
  });
  TestClient client(server.port());
  client.open();
  client.frames_to_end();
  server.stop();
  CHECK(threw == 1);
  CHECK(lost == 0);
}

double allocations_per_echo(const std::string& message) {
  constexpr int kEchoes = 1000;
  RunningServer server;
  TestClient client(server.port());
  client.open();
  const auto echo_many = [&] {
    for (int i = 0; i < kEchoes; ++i) {
      client.send_text(message);
      if (client.next_text() != message) throw std::runtime_error("another echo");
    }
  };
  echo_many();
  const long before = g_allocations;
  echo_many();
  return static_cast<double>(g_allocations - before) / kEchoes;
}

TEST_CASE("an echo takes memory for its payload, and hardly more", "[memory]") {
  t_spared = true;
  // Two queues take memory for a dozen messages at a time; what is shorter than 16 bytes needs no
  // memory of its own.
  CHECK(allocations_per_echo("short") < 0.5);
  CHECK(allocations_per_echo(std::string(64, 'x')) < 1.5);
}

TEST_CASE("an idle connection holds less than 5 KiB", "[memory]") {
  t_spared = true;
  constexpr int kMost = 5 * 1024;
  constexpr int kConnections = 32;
  RunningServer server;
  std::deque<TestClient> clients;
  const auto open_more = [&] {
    for (int i = 0; i < kConnections; ++i) clients.emplace_back(server.port()).open();
    testing::await_blocked("proc-" + std::to_string(clients.size()));
  };
  open_more();  // and with them what the server itself needs
  const long before = g_bytes;
  open_more();
  CHECK((g_bytes - before) / kConnections < kMost);
}

// Answers each connection when it has all that comes up, and ends.
class AnsweringUpstream {
 public:
  static std::string answer() { return std::string(300'000, 'x'); }
  AnsweringUpstream()
      : serves_([this] {
          t_spared = true;
          for (;;) {
            testing::Stream stream = upstream_.accept();
            if (stream.receive(4) == "stop") return;
            try {
              stream.receive(100);
              stream.send(answer());
              stream.end();
              stream.receive(1);
            } catch (const std::runtime_error&) {
              // the proxy has given it up
            }
          }
        }) {}
  std::string address() const { return upstream_.address(); }
  std::uint16_t port() const { return upstream_.port(); }
  void await_done() { serves_.await_done(); }

 private:
  testing::Upstream upstream_;
  testing::Worker serves_;
};

TEST_CASE("whichever allocation fails, a proxy does not say 1000 for less than the whole",
          "[memory]") {
  t_spared = true;
  const LogCapture log;
  AnsweringUpstream upstream;
  RunningServer server(proxy(upstream.address()));
  const std::size_t whole = AnsweringUpstream::answer().size();
  const long failures = GENERATE(1, 3);
  int broken = 0;
  for (long allocation = 0;; ++allocation) {
    INFO("allocation " << allocation << ", " << failures << " failures");
    fail_at(allocation, failures);
    std::size_t received = 0;
    int code = 1006;
    try {
      TestClient client(server.port());
      client.open();
      client.send(testing::client_frame(Opcode::text, "what") + client_close(1000));
      while (const auto frame = client.next_frame()) {
        if (frame->is(Opcode::binary)) received += frame->payload.size();
        if (frame->is(Opcode::close)) code = frame->close_code();
      }
    } catch (const std::system_error& error) {
      if (error.code() == std::errc::resource_unavailable_try_again) throw;
    } catch (const std::runtime_error&) {
      // half of a frame
    }
    const bool failed = has_failed();
    CHECK((code != 1000 || received == whole));
    if (code != 1000) ++broken;
    if (!failed) break;
  }
  CHECK(broken > 20);
  TestClient stop(upstream.port());
  stop.send("stop");
  upstream.await_done();
}

}  // namespace
}  // namespace triloop
