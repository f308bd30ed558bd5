// A connection of the kernel's with both its ends: what one sends the other receives.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "net/socket.h"
#include "scheduler.h"

namespace explore {

// A bounded pipe in each direction. It outlives its ends.
class Link {
 public:
  enum Side { kServer, kClient };

  // In each direction so many bytes are on their way at most.
  explicit Link(std::size_t capacity) : capacity_(capacity) { stands_for_the_kernel(*this); }

  std::unique_ptr<triloop::Socket> end(Side side);

  // Called once both have sent their Close frame. Must not block. Before anybody uses it.
  void when_both_have_closed(std::function<void()> tell) {
    when_both_have_closed_ = std::move(tell);
  }

  // Was something lost: sent to an end that had gone, or left unread by one that went?
  bool lost_something() const { return lost_; }
  // Did the client end its stream before the server had ended its own?
  bool client_ended_first() const { return client_ended_first_; }

 private:
  class End;
  struct Direction {
    std::string bytes;     // on their way
    std::size_t sent = 0;  // so far
    bool closed = false;   // by who sends: its Close frame
    bool ended = false;    // by who sends
    bool gone = false;     // who receives has shut down
  };

  Direction& from(Side side) { return directions_[side]; }
  Direction& to(Side side) { return directions_[1 - side]; }

  const std::size_t capacity_;
  triloop::Mutex mutex_;
  triloop::CondVar changed_;
  Direction directions_[2];  // by who sends
  bool lost_ = false;
  bool client_ended_first_ = false;
  std::function<void()> when_both_have_closed_;
};

class Link::End final : public triloop::Socket {
 public:
  End(Link& link, Side side) : link_(link), side_(side) {}

  std::size_t receive(char* buffer, std::size_t size, triloop::TimePoint deadline,
                      std::error_code& error) override {
    const triloop::MutexLock lock(link_.mutex_);
    error.clear();
    Direction& in = link_.to(side_);
    while (in.bytes.empty() && !in.ended && !in.gone) {
      if (!link_.changed_.wait_until(link_.mutex_, deadline)) {
        error = std::make_error_code(std::errc::operation_would_block);
        return 0;
      }
    }
    if (in.gone) return 0;
    const std::size_t taken = in.bytes.copy(buffer, size);
    in.bytes.erase(0, taken);
    link_.changed_.notify_all();
    return taken;
  }

  std::size_t try_send(const iovec* parts, std::size_t count, std::error_code& error) override {
    const triloop::MutexLock lock(link_.mutex_);
    error.clear();
    Direction& out = link_.from(side_);
    if (out.gone || out.ended) {
      link_.lost_ = true;
      error = std::make_error_code(std::errc::broken_pipe);
      return 0;
    }
    std::size_t taken = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t room = link_.capacity_ - out.bytes.size();
      const std::size_t some = std::min(parts[i].iov_len, room);
      out.bytes.append(static_cast<const char*>(parts[i].iov_base), some);
      taken += some;
    }
    out.sent += taken;
    if (taken > 0 && *static_cast<const char*>(parts[0].iov_base) == '\x88') note_close(out);
    if (taken > 0) link_.changed_.notify_all();
    return taken;
  }

  bool wait_writable(triloop::TimePoint deadline) override {
    const triloop::MutexLock lock(link_.mutex_);
    Direction& out = link_.from(side_);
    while (out.bytes.size() == link_.capacity_ && !out.gone && !out.ended) {
      if (!link_.changed_.wait_until(link_.mutex_, deadline)) return false;
    }
    return true;
  }

  // What is on its way is in the other end's kernel, which acknowledges it whoever reads it when.
  triloop::Delivery delivery() const override {
    const triloop::MutexLock lock(link_.mutex_);
    const Direction& out = link_.from(side_);
    return {out.sent, out.sent, out.gone && !out.bytes.empty()};
  }

  void shutdown_send() noexcept override {
    const triloop::MutexLock lock(link_.mutex_);
    end_stream();
  }

  void shutdown() noexcept override {
    const triloop::MutexLock lock(link_.mutex_);
    end_stream();
    Direction& in = link_.to(side_);
    if (!in.bytes.empty()) link_.lost_ = true;
    in.gone = true;
    link_.changed_.notify_all();
  }

  std::string peer_address() const override { return side_ == kServer ? "client" : "server"; }

 private:
  void note_close(Direction& out) {
    out.closed = true;
    if (link_.to(side_).closed && link_.when_both_have_closed_) link_.when_both_have_closed_();
  }

  void end_stream() {
    if (side_ == kClient && !link_.to(side_).ended) link_.client_ended_first_ = true;
    link_.from(side_).ended = true;
    link_.changed_.notify_all();
  }

  Link& link_;
  const Side side_;
};

inline std::unique_ptr<triloop::Socket> Link::end(Side side) {
  return std::make_unique<End>(*this, side);
}

}  // namespace explore
