#include "relay.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <exception>
#include <optional>
#include <system_error>
#include <utility>

#include "glance.h"
#include "loss.h"
#include "triloop/client.h"

namespace triloop {
namespace {

ClientOptions offering(ClientOptions options, const std::string& subprotocol) {
  options.subprotocols.clear();
  if (!subprotocol.empty()) options.subprotocols.push_back(subprotocol);
  return options;
}

// What the peer is told when there is no upstream connection, and the log says why.
struct Refusal {
  std::uint16_t code;
  const char* reason;
};
constexpr Refusal kRefuses{close_code::kBadGateway, "the upstream server refuses"};
constexpr Refusal kNoAnswer{close_code::kTryAgainLater, "the upstream server does not answer"};

// As the other side was closed. That there was no code is none (RFC 6455 section 7.4.1).
void close_as(const ConnectionHandle& connection, const CloseReason& why) {
  if (why.code == close_code::kNoStatus) {
    connection.close();
  } else {
    connection.close(why.code, why.text);
  }
}

// May what the other side had said before its Close have been thrown away? A connection whose
// processor has not returned is over by an abort alone; its end is told before its queues are
// emptied, so whoever finds no message any more finds this. (An abort's own reason is there a
// moment before.)
bool is_cut_short(const Connection& connection, const CloseReason& why) {
  return connection.over().fired() || why.code == close_code::kAbnormal;
}

// One peer and its upstream server. Two loops, each on a processor's thread: the peer's passes up,
// and that of the upstream connection passes down. Between them is no buffer but the two
// connections' own queues.
class Relay {
 public:
  Relay(Connection& peer, const std::string& url, const ClientOptions& options)
      : peer_(peer),
        client_(
            url, [this](Connection& upstream) { pass_down(upstream); },
            offering(options, peer.subprotocol())) {}

  // The peer's processor.
  void run() {
    if (!connect()) return;
    pass_up();
    const ConnectionEnd end = await_end();
    // A server that has closed has said all that it wanted to, and wants no more.
    if (!end.is_clean && end.began.by != ClosedBy::peer) tell_of_a_loss(peer_);
  }

 private:
  void pass_down(Connection& upstream);
  bool connect();
  bool is_open();
  void pass_up();
  bool send(Message& message);
  ConnectionEnd await_end();
  void refuse(const std::string& why, const Refusal& refusal);

  Connection& peer_;
  ConnectionHandle upstream_;  // once it is open
  bool agrees_ = false;        // to the peer's subprotocol
  Latch open_;                 // fired by pass_down(), behind these two
  Client client_;              // last: its threads use the rest
};

// What the upstream connection's processor runs. Blocks in read(), freed by the upstream server, by
// pass_up() and await_end(), which end the connection; and in write(), while the peer does not
// read, freed by that, or when the peer's connection is over.
void Relay::pass_down(Connection& upstream) {
  upstream_ = upstream.handle();
  agrees_ = upstream.subprotocol() == peer_.subprotocol();
  open_.fire({});
  if (!agrees_) return;
  const struct NotLeftOpen {  // also if it throws; behind another close() this one changes nothing
    Connection& peer;
    ~NotLeftOpen() { peer.close(close_code::kInternalError); }
  } not_left_open{peer_};
  for (Message& message : upstream) {
    if (!peer_.write(std::move(message))) return upstream.abort("the peer is lost");
  }
  const CloseReason why = *upstream.ending().reason();
  if (why.by != ClosedBy::peer || is_cut_short(upstream, why)) {
    peer_.close(close_code::kInternalError, "the upstream server was lost");
  } else {
    close_as(peer_.handle(), why);
  }
}

// Blocks until the upstream connection is open. Freed by the client's timeouts; every 100 ms it
// looks whether the client has given up or the peer is over. A look-up of a name that is under way
// is waited for by ~Client.
bool Relay::connect() {
  try {
    client_.start();
    if (is_open()) {
      // The peer has been told that this is spoken; who has not agreed speaks something else.
      if (agrees_) return true;
      refuse("it does not choose the subprotocol", kRefuses);
    } else if (!peer_.over().fired()) {
      refuse("out of threads", kNoAnswer);
    }
  } catch (const ConnectError& error) {
    refuse(error.what(), kRefuses);
  } catch (const std::system_error& error) {
    refuse(error.what(), is_certificate_error(error.code()) ? kRefuses : kNoAnswer);
  } catch (const std::exception& error) {
    refuse(error.what(), kNoAnswer);
  }
  return false;
}

bool Relay::is_open() {
  while (!open_.wait_until(Clock::now() + kGlance)) {
    if (client_.wait_for({}) || peer_.over().fired()) return open_.fired();
  }
  return true;
}

void Relay::refuse(const std::string& why, const Refusal& refusal) {
  spdlog::warn("[{}] no upstream server: {}", peer_.id(), why);
  peer_.close(refusal.code, refusal.reason);
  if (peer_.read()) tell_of_a_loss(peer_);  // it came before the peer's Close
}

// Peer to upstream, and then the Close. A peer that was lost is not told as one that has closed,
// nor is one that was lost behind its Close.
void Relay::pass_up() {
  for (Message& message : peer_) {
    if (!send(message)) break;
  }
  const std::optional<CloseReason> why = peer_.ending().reason();
  if (!why) return;  // the upstream connection has ended, and pass_down() says how
  if (is_cut_short(peer_, *why)) {
    upstream_.abort("the peer is lost");
  } else {
    close_as(upstream_, *why);
  }
}

// Blocks while the upstream server does not read, and then nobody reads the connection either: the
// peer has to wait. Freed by the upstream server, or by the end of either connection.
bool Relay::send(Message& message) {
  for (;;) {
    const WriteResult result = upstream_.write_for(message, kGlance);
    if (result != WriteResult::kTimeout) return result == WriteResult::kQueued;
    if (peer_.over().fired()) return false;
  }
}

// Blocks until the upstream connection has ended: all that it had queued is sent, and pass_down()
// has returned. Freed by its own deadlines, and when the peer's is over, at which it looks every
// 100 ms.
ConnectionEnd Relay::await_end() {
  for (;;) {
    const std::optional<ConnectionEnd> end = client_.wait_for(kGlance);
    if (end) return *end;
    if (peer_.over().fired()) upstream_.abort("the peer is lost");
  }
}

}  // namespace

Processor relay(const std::string& url, const ClientOptions& options) {
  [[maybe_unused]] const Client never_started(url, {}, options);  // throws what is wrong with them
  return [url, options](Connection& peer) {
    Relay both(peer, url, options);
    try {
      both.run();
    } catch (...) {
      end_with_a_loss(peer);
      throw;
    }
  };
}

}  // namespace triloop
