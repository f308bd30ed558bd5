#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "deflate.h"
#include "event_loop.h"
#include "tls.h"
#include "traffic.h"

namespace load {

class Peer;

/// Whose messages come back to a peer.
enum class Hears {
  kItself,   ///< its own, each once it has been sent
  kTheRoom,  ///< the speaker's, whoever that is
};

/// What a mode makes of what happens to its peers.
class PeerListener {
 public:
  virtual ~PeerListener() = default;
  virtual void on_open(Peer& peer) = 0;
  /// The server has said that it is in the room.
  virtual void on_joined(Peer& peer) = 0;
  /// `sent` is of its own messages only.
  virtual void on_echo(Peer& peer, Nanoseconds sent, Nanoseconds received) = 0;
  /// After the echoes of one receive, so that the next messages go out together.
  virtual void after_echoes(Peer& peer, std::uint64_t echoes) = 0;
  /// The connection is over after begin_drain(), or one that does not read was cut off. Any other
  /// end is an error, which throws where it is seen.
  virtual void on_closed(Peer& peer) = 0;
};

/// One client connection: connecting -> upgrading -> open -> closing -> closed, and from closed to
/// connecting again. Checks every echo and throws at a wrong one. Answers pings, passes over
/// heartbeats. Belongs to the loop's thread.
class Peer : public Source {
 public:
  Peer(EventLoop& loop, const Traffic& traffic, PeerListener& listener, std::size_t first_message,
       Hears hears = Hears::kItself);
  ~Peer() override;
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void connect(std::uint16_t port);
  /// Sends `count` more messages; no more than the traffic's in_flight may be unanswered.
  void post(std::uint64_t count);
  /// Sends without an end and never reads again.
  void flood_unread();
  void begin_drain();

  bool is_closed() const { return state_ == State::kClosed; }
  std::uint64_t unanswered() const { return posted_ - echoed_; }
  std::uint64_t echoed() const { return echoed_; }

  void on_events(std::uint32_t epoll_events) override;

 private:
  enum class State { kClosed, kConnecting, kUpgrading, kOpen, kClosing };

  void connected();
  void receive();
  void ended();
  void close_socket();

  // Each returns how many of the bytes it used.
  std::size_t take_response(std::string_view bytes);
  std::size_t take_frames(std::string_view bytes);
  void check_head(const FrameHead& head) const;
  bool is_looked_at_whole(const FrameHead& head) const;
  void take_whole(const FrameHead& head, std::string_view payload);
  void take_echo(const FrameHead& head, std::string_view payload);
  void count_echo();

  void flush();
  bool send_some(std::string_view bytes, std::size_t& sent);
  std::string_view next_to_send();
  std::string_view next_frames(std::uint64_t count);
  void mark_sent(std::size_t bytes);
  void watch();

  EventLoop& loop_;
  const Traffic& traffic_;
  PeerListener& listener_;
  const Hears hears_;

  int socket_ = -1;
  std::optional<TlsSession> tls_;
  State state_ = State::kClosed;
  std::uint32_t watched_ = 0;  // what epoll was asked for
  bool is_blocked_ = false;    // the kernel took no more
  bool reads_ = true;

  // Sending: control_ goes between two messages, before those that have not begun.
  std::string control_;
  std::uint64_t unsent_ = 0;       // messages, with the one that has begun
  std::size_t begun_bytes_ = 0;    // of the next message
  std::string made_;               // that message, if the traffic is made by the message
  std::size_t next_sent_ = 0;      // its place in the traffic's cycle
  std::vector<Nanoseconds> sent_;  // when each unanswered message was posted, a ring
  std::uint64_t posted_ = 0;

  // Receiving.
  std::optional<Inflater> inflater_;  // of this connection, if it is compressed
  std::string rest_;                  // the incomplete end of the last receive
  std::uint64_t large_left_ = 0;      // of an echo that is too large to be looked at whole
  std::size_t next_echo_ = 0;         // its place in the traffic's cycle
  std::uint64_t echoed_ = 0;
  Nanoseconds received_at_ = 0;
};

}  // namespace load
