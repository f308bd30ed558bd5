/// One WebSocket connection: three threads, two queues, and two latches.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "triloop/export.h"
#include "triloop/latch.h"
#include "triloop/message.h"
#include "triloop/prepared_message.h"
#include "triloop/processor.h"
#include "triloop/request.h"
#include "triloop/snapshot.h"
#include "triloop/user_state.h"

namespace triloop {

class ConnectionHandle;
class MessageIterator;
class Socket;
class SpareThreads;
struct Upgrade;
struct Wires;

/// One connection, as its processor sees it; pattern/wires.h is what its three threads share.
///
///     socket -> reader -> in-queue -> processor -> out-queue -> writer -> socket
///
/// A connection ends in one of two ways. A *drain* finishes what was queued: the processor gets
/// every message in the in-queue, every reply is sent, then the Close frame. An *abort* is the end
/// at once: both queues are discarded and the socket is shut down. Two latches tell of it:
/// ending() that an ending has begun, over() that it is over.
///
/// Lifetime: a processor may use its connection until it returns. A thread that the processor
/// starts must be done with it by then.
///
/// Thread safety: what a processor calls may be called by any number of threads at once, all but
/// state().
class Connection {
 public:
  // -- For the processor ---------------------------------------------------------------------

  /// The next message from the peer. Blocks while the in-queue is empty; freed by a message, by
  /// the peer's Close, close(), abort(), a broken connection or Server::stop(). nullopt when there
  /// will never be another one: then it is time to return. Once nothing has moved to the peer for
  /// `close_timeout` the drain becomes an abort; after Server::stop() it has `drain_timeout`.
  TRILOOP_EXPORT std::optional<Message> read();

  /// As read(), but blocks no longer than `timeout`; 0 does not block. A timeout loses nothing, and
  /// leaves `message` as it was.
  TRILOOP_EXPORT ReadResult read_for(Message& message, std::chrono::milliseconds timeout);
  /// As read(), but never blocks: kTimeout if there is none yet.
  ReadResult try_read(Message& message) { return read_for(message, {}); }

  /// Queues a message for the peer; those of one thread are sent in order. Blocks while the
  /// out-queue is full, that is, while the peer is slower than the processor; freed when the
  /// writer takes a message, or when it is over (at the latest `write_timeout` after the peer
  /// stopped reading). False if the connection is over and the message will not be sent; true
  /// promises no more than that it is queued. During a drain replies are still taken, until the
  /// processor returns. Throws std::invalid_argument if a text message is not UTF-8.
  TRILOOP_EXPORT bool write(Message message);

  /// As write(), but blocks no longer than `timeout`; 0 does not block.
  TRILOOP_EXPORT WriteResult write_for(Message& message, std::chrono::milliseconds timeout);
  /// As write(), but never blocks: kTimeout if there is no room.
  WriteResult try_write(Message& message) { return write_for(message, {}); }

  /// As write_for(), of messages that others are sent, too: those from messages[written] on, with
  /// one lock and one wake for all that find room. Adds to `written` how many were queued. Mostly
  /// for a Group (triloop/group.h).
  TRILOOP_EXPORT WriteResult write_all_for(const std::vector<PreparedMessage>& messages,
                                           std::size_t& written, std::chrono::milliseconds timeout);

  /// Sends a ping, past what is queued. Never blocks. round_trip() tells when its pong has come.
  TRILOOP_EXPORT void ping();

  /// From the last ping that was answered, yours or the server's own, to its pong; nullopt if none
  /// was. It is late by as long as the reader had to wait for room.
  TRILOOP_EXPORT std::optional<std::chrono::nanoseconds> round_trip() const;

  /// A T of the connection's own, made by T{} when it is first asked for. It goes when the
  /// processor has returned, on the processor's thread. Always the same T: another one is a
  /// std::logic_error. For one thread, or yours to guard.
  template <typename T>
  T& state() {
    return state_.get<T>();
  }

  /// What the function of Server::admit() has given it. Never blocks. The same for as long as the
  /// processor may use the connection. std::logic_error if that was nothing, or is no T.
  template <typename T>
  const T& admitted() const {
    return admitted_.get<T>();
  }

  /// For other threads to keep, also after the connection has ended (triloop/handle.h).
  TRILOOP_EXPORT ConnectionHandle handle();

  /// Begins a drain: what was received is still read() and processed, replies are sent, then the
  /// peer gets `code` and `reason`. Never blocks. The first reason stays, whatever comes later; a
  /// later close() changes nothing, an abort() or a broken connection cuts the drain short. Throws
  /// std::invalid_argument for a code that may not be sent (RFC 6455 section 7.4) or a reason that
  /// is not UTF-8 or longer than 123 bytes.
  TRILOOP_EXPORT void close(std::uint16_t code = close_code::kNormal,
                            const std::string& reason = {});

  /// The end at once: nothing more is read, processed or sent, and no Close frame either; the peer
  /// sees 1006. Never blocks. `why` goes to the log.
  TRILOOP_EXPORT void abort(const std::string& why = {});

  /// Fired when an ending has begun: finish up. For a long computation to poll.
  TRILOOP_EXPORT const Latch& ending() const;

  /// Fired when it is over; who has seen that has no write taken. A drain is not over before the
  /// processor has returned, so a processor must not wait for this one, nor for a thread that does:
  /// both would wait until `close_timeout` or `ending_limit` makes it an abort.
  TRILOOP_EXPORT const Latch& over() const;

  /// The number in the names of the threads: `read-17`, `proc-17`, `write-17`.
  std::uint64_t id() const { return id_; }
  /// Who is at the other end: "127.0.0.1:52114", "[::1]:52114". Behind a proxy whose word is
  /// taken (Request::passed_on_by) maybe without a port: "203.0.113.9", "[2001:db8::9]".
  const std::string& peer_address() const { return request().peer_address; }
  /// The upgrade request: path, query, headers; a client's own, without what the handshake adds.
  TRILOOP_EXPORT const Request& request() const;
  const std::string& path() const { return request().path; }  ///< "/ws"
  /// The subprotocol that was agreed on; empty if none.
  TRILOOP_EXPORT const std::string& subprotocol() const;

  /// `for (Message& message : connection)` reads until there will never be another one. Each step
  /// is a read().
  MessageIterator begin();
  MessageIterator end();  ///< where that loop stops

  // -- For whoever looks on ------------------------------------------------------------------

  /// How it is at this moment. Holds each of its locks for a moment, one at a time; any thread.
  TRILOOP_EXPORT ConnectionSnapshot snapshot() const;

 private:
  friend class Life;  // its owner's: makes a connection, runs it, stops it and lets it go

  Connection(std::uint64_t id, std::shared_ptr<Socket> socket, std::unique_ptr<Upgrade> upgrade,
             SpareThreads& threads);
  ~Connection();
  void serve() noexcept;
  void start_and_join();
  void run_processor() noexcept;
  ReadResult read_until(Message& message, TimePoint deadline);
  WriteResult write_until(Message& message, TimePoint deadline);

  const std::uint64_t id_;
  SpareThreads& threads_;
  std::weak_ptr<Connection> self_;          // for handles
  const std::unique_ptr<Upgrade> upgrade_;  // what the handshake has agreed on
  const std::unique_ptr<Wires> wires_;      // where its threads meet
  UserState state_;
  GivenValue admitted_;  // constant while it runs
};

}  // namespace triloop

#include "triloop/message_iterator.h"  // begin() and end()
