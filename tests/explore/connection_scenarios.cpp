// The real reader, processor and writer loops, over a socket that the scenario controls.
#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "routes.h"
#include "scenarios.h"
#include "socket.h"
#include "spare_threads.h"
#include "triloop/connection.h"

namespace explore {
namespace {

using triloop::Connection;
using triloop::Message;
using triloop::Mutex;
using triloop::MutexLock;
using triloop::Thread;
using triloop::TimePoint;

constexpr const char* kRequest =
    "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

// Masked with zeros, which changes nothing.
std::string client_frame(int opcode, const std::string& payload) {
  const std::string head{static_cast<char>(0x80 | opcode),
                         static_cast<char>(0x80 | payload.size())};
  return head + std::string(4, '\0') + payload;
}
std::string server_frame(int opcode, const std::string& payload) {
  return std::string{static_cast<char>(0x80 | opcode), static_cast<char>(payload.size())} + payload;
}
std::string code(int number) {
  return {static_cast<char>(number >> 8), static_cast<char>(number & 0xFF)};
}

// A peer that has said all it has to say before the schedule begins. It ends its stream when the
// server has ended its own.
class Peer final : public triloop::Socket {
 public:
  explicit Peer(std::string says) : incoming_(std::move(says)) {}

  void take(std::size_t bytes) {
    const MutexLock lock(mutex_);
    room_ = bytes;
    changed_.notify_all();
  }
  void end_stream() {
    const MutexLock lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }
  // After the schedule's threads.
  const std::string& sent() const { return sent_; }

  std::size_t receive(char* buffer, std::size_t size, TimePoint deadline,
                      std::error_code& error) override {
    const Alone alone(receivers_, "two threads receive");
    const MutexLock lock(mutex_);
    error.clear();
    while (incoming_.empty() && !ended_ && !shut_down_) {
      if (!changed_.wait_until(mutex_, deadline)) {
        error = std::make_error_code(std::errc::timed_out);
        return 0;
      }
    }
    if (shut_down_) return 0;
    const std::size_t taken = incoming_.copy(buffer, size);
    incoming_.erase(0, taken);
    return taken;
  }
  std::size_t try_send(const iovec* parts, std::size_t count, std::error_code& error) override {
    const Alone alone(senders_, "two threads send");
    const MutexLock lock(mutex_);
    error.clear();
    if (shut_down_ || send_shut_down_) {
      error = std::make_error_code(std::errc::broken_pipe);
      return 0;
    }
    std::string bytes;
    for (std::size_t i = 0; i < count; ++i) {
      bytes.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
    }
    const std::size_t taken = std::min(bytes.size(), room_);
    sent_.append(bytes, 0, taken);
    if (room_ != SIZE_MAX) room_ -= taken;
    return taken;
  }
  bool wait_writable(TimePoint deadline) override {
    const Alone alone(senders_, "two threads send");
    const MutexLock lock(mutex_);
    while (room_ == 0 && !shut_down_) {
      if (!changed_.wait_until(mutex_, deadline)) return false;
    }
    return true;
  }
  void shutdown_send() noexcept override {
    const MutexLock lock(mutex_);
    send_shut_down_ = ended_ = true;
    changed_.notify_all();
  }
  void shutdown() noexcept override {
    const MutexLock lock(mutex_);
    shut_down_ = true;
    changed_.notify_all();
  }
  std::string peer_address() const override { return "peer"; }

 private:
  struct Alone {
    Alone(int& count, const char* what) : count_(count) { require(++count_ == 1, what); }
    ~Alone() { --count_; }
    Alone(const Alone&) = delete;
    Alone& operator=(const Alone&) = delete;
    int& count_;
  };
  Mutex mutex_;
  triloop::CondVar changed_;
  std::string incoming_;
  std::string sent_;
  std::size_t room_ = SIZE_MAX;
  bool ended_ = false;
  bool send_shut_down_ = false;
  bool shut_down_ = false;
  int receivers_ = 0;
  int senders_ = 0;
};

void echo(Connection& connection) {
  while (auto message = connection.read()) connection.write(std::move(*message));
}

triloop::Options quiet() {
  triloop::Options options;
  options.heartbeat = options.ping_interval = std::chrono::milliseconds(0);
  return options;
}

triloop::Options narrow() {
  triloop::Options options = quiet();
  options.queue_messages = 1;
  return options;
}

// A connection from the handshake to the last join, and what somebody else does meanwhile.
struct Played {
  std::string sent;
  bool in_time = true;  // no deadline has cut the ending short

  bool has(const std::string& part) const { return sent.find(part) != std::string::npos; }
  bool ends_with(const std::string& part) const {
    return sent.size() >= part.size() &&
           sent.compare(sent.size() - part.size(), part.size(), part) == 0;
  }
};

Played play(const std::string& peer_says, const triloop::Processor& processor,
            const triloop::Options& options,
            const std::function<void(Connection&, Peer&)>& meanwhile = nullptr) {
  triloop::Routes routes;
  routes.processors["/ws"] = {processor, {}};
  auto owned = std::make_unique<Peer>(kRequest + peer_says);
  Peer& peer = *owned;
  triloop::SpareThreads threads(0, 0);
  Connection connection(1, std::move(owned), routes, options, threads);
  Thread reader("read-1", [&] { connection.serve(); });
  if (meanwhile) meanwhile(connection, peer);
  reader.join();
  if (peer.sent().find("\r\n\r\n") == std::string::npos) return {peer.sent(), false};  // never open
  const auto first = connection.closing().reason();
  const auto last = connection.closed().reason();
  require(first && last, "it is over, and a latch has not fired");
  const bool deadline = last->text == "the close timeout passed" ||
                        last->text == "the peer did not end its stream" ||
                        last->text == "the peer stopped reading";
  require(deadline || *first == *last || last->text == "the server could wait no longer",
          "a drain is cut short, and not by a deadline");
  return {peer.sent(), !deadline};
}

const std::string kA = client_frame(1, "a");
const std::string kB = client_frame(1, "b");
const std::string kC = client_frame(1, "c");
const std::string kClose = client_frame(8, code(1000));
const std::string kEchoes = server_frame(1, "a") + server_frame(1, "b") + server_frame(1, "c");

// Everything was processed, every reply was sent, in order, then Close.
void expect_drained(const Played& played, int close_code) {
  if (!played.in_time) return;
  require(played.has(kEchoes), "a reply is lost, or out of order");
  require(played.ends_with(server_frame(8, code(close_code))), "no Close at the end, or not this");
}

void peer_closes() { expect_drained(play(kA + kB + kC + kClose, echo, quiet()), 1000); }
void peer_closes_on_full_queues() {
  expect_drained(play(kA + kB + kC + kClose, echo, narrow()), 1000);
}

void peer_reads_late() {
  const auto late = [](Connection&, Peer& peer) {
    peer.take(140);
    peer.take(SIZE_MAX);
  };
  expect_drained(play(kA + kB + kC + kClose, echo, narrow(), late), 1000);
}

void pings_pass_full_queues() {
  const Played played =
      play(kA + kB + client_frame(9, "p") + kC + client_frame(9, "q") + kClose, echo, narrow());
  if (!played.in_time) return;
  require(played.has(server_frame(10, "p")) && played.has(server_frame(10, "q")), "no pong");
  const auto without = [](std::string text, const std::string& part) {
    return text.erase(text.find(part), part.size());
  };
  const std::string rest =
      without(without(played.sent, server_frame(10, "p")), server_frame(10, "q"));
  require(rest.find(kEchoes) != std::string::npos, "a reply is lost, or out of order");
}

void processor_returns() {
  const Played played = play(
      kA, [](Connection& self) { self.write(Message::text("bye")); }, quiet());
  require(!played.in_time || played.ends_with(server_frame(1, "bye") + server_frame(8, code(1000))),
          "no 1000");
}

void processor_throws() {
  const Played played = play(
      kA, [](Connection&) { throw std::runtime_error("it fails"); }, quiet());
  require(!played.in_time || played.ends_with(server_frame(8, code(1011))), "no 1011");
}

void processor_and_peer_close_at_once() {
  const Played played = play(
      kA + kClose,
      [](Connection& self) {
        self.close(1000);
        echo(self);
      },
      quiet());
  require(!played.in_time || played.ends_with(server_frame(8, code(1000))), "no Close at the end");
}

void abort_anywhere() {
  const Played played = play(kA + kB + kC, echo, narrow(),
                             [](Connection& connection, Peer&) { connection.stop_now(); });
  require(!played.has("wait no longer"), "the reason of an abort goes out in a Close frame");
}

void abort_while_the_processor_returns() {
  const Played played = play(
      kA, [](Connection&) {}, quiet(),
      [](Connection& connection, Peer&) { connection.stop_now(); });
  require(!played.has("wait no longer"), "the reason of an abort goes out in a Close frame");
}

void stop_anywhere() {
  const Played played =
      play(kA, echo, quiet(), [](Connection& connection, Peer&) { connection.stop(); });
  if (played.in_time && played.has("101 Switching")) {
    require(played.has(server_frame(8, code(1001) + "server stopping")), "no 1001");
  }
}

void peer_vanishes() {
  play(kA + kB, echo, narrow(), [](Connection&, Peer& peer) { peer.end_stream(); });
}

void peer_never_reads() {
  triloop::Options options = narrow();
  options.write_timeout = std::chrono::seconds(1);
  play(kA + kB + kC + kClose, echo, options, [](Connection&, Peer& peer) { peer.take(0); });
}

void heartbeat_while_closing() {
  triloop::Options options = quiet();
  options.heartbeat = std::chrono::seconds(1);
  const Played played = play(kA + kClose, echo, options);
  require(!played.in_time || played.ends_with(server_frame(8, code(1000))), "no Close at the end");
}

}  // namespace

const std::vector<Named>& connection_scenarios() {
  spdlog::set_default_logger(
      std::make_shared<spdlog::logger>("none", std::make_shared<spdlog::sinks::null_sink_st>()));
  static const std::vector<Named> all = {
      {"connection: the peer closes", peer_closes},
      {"connection: the peer closes on full queues", peer_closes_on_full_queues},
      {"connection: the peer reads late", peer_reads_late},
      {"connection: pings pass full queues", pings_pass_full_queues},
      {"connection: the processor returns", processor_returns},
      {"connection: the processor throws", processor_throws},
      {"connection: processor and peer close at once", processor_and_peer_close_at_once},
      {"connection: abort anywhere", abort_anywhere},
      {"connection: abort while the processor returns", abort_while_the_processor_returns},
      {"connection: stop anywhere", stop_anywhere},
      {"connection: the peer vanishes", peer_vanishes},
      {"connection: the peer never reads", peer_never_reads},
      {"connection: a heartbeat while closing", heartbeat_while_closing},
  };
  return all;
}

}  // namespace explore
