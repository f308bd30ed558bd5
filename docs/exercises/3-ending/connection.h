// Exercise 3: the ending. A connection in miniature: three loops, two queues, and a peer. When
// that has said its last word, the last answers are lost.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "triloop/bounded_queue.h"

// What the loops know of the peer. Its calls block; shutdown() frees them, from any thread.
class Peer {
 public:
  virtual ~Peer() = default;
  virtual std::optional<std::string> receive() = 0;  // nullopt: it has said its last word
  virtual bool send(const std::string& answer) = 0;  // false: it is gone
  virtual void shutdown() = 0;
};

class Connection {
 public:
  explicit Connection(Peer& peer) : peer_(peer) {}

  // The reader thread.
  void read_loop() {
    while (auto request = peer_.receive()) in_queue_.push(std::move(*request));
    end();
  }

  // The processor thread.
  void process_loop() {
    while (const auto request = in_queue_.pop()) out_queue_.push("re: " + *request);
  }

  // The writer thread.
  void write_loop() {
    while (const auto answer = out_queue_.pop()) {
      if (!peer_.send(*answer)) return abort();
    }
  }

  // Everything that was received is answered, every answer is sent, and then all three are done.
  void end() {
    in_queue_.close();
    out_queue_.close();
  }

  // It is over at once: nothing more is answered or sent. Any thread, at any time.
  void abort() {
    in_queue_.discard();
    out_queue_.discard();
    peer_.shutdown();
  }

 private:
  friend struct Names;  // so that the check can print what the members are called

  Peer& peer_;
  triloop::BoundedQueue<std::string> in_queue_{{/*items=*/1}}, out_queue_{{/*items=*/1}};
};
