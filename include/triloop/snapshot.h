/// A server and its connections, as they are at this moment: for people to look at.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "triloop/latch.h"
#include "triloop/queue_types.h"

namespace triloop {

/// What a thread does now.
enum class Doing {
  not_started,          ///< its loop has not begun
  reading_socket,       ///< the reader: in the system call, or waiting for bytes in it
  writing_socket,       ///< the writer: in the system call, or waiting for the peer in it
  waiting_for_message,  ///< its queue is empty
  waiting_for_room,     ///< its queue is full
  waiting_for_peer,     ///< the writer has sent the Close frame: the peer has to end its stream
  working,              ///< decoding, the user's code, encoding
  ended,                ///< it has left its loop
};

/// One of the three threads, and how its time was split so far.
struct ThreadSnapshot {
  Doing doing = Doing::not_started;                 ///< at this moment
  std::chrono::nanoseconds in_socket{0};            ///< reading_socket, writing_socket
  std::chrono::nanoseconds waiting_for_message{0};  ///< its queue was empty
  std::chrono::nanoseconds waiting_for_room{0};     ///< its queue was full
  std::chrono::nanoseconds waiting_for_peer{0};     ///< after the Close frame
  std::chrono::nanoseconds working{0};              ///< the rest
  int left = 0;  ///< 1, 2, 3: the place in which it ended; 0: it has not
};

/// A message that went all the way: received, processed, and the first that was written behind it
/// sent. Where it spent its time.
struct FollowedMessage {
  std::uint64_t message = 0;               ///< its number among the messages received
  std::uint64_t bytes = 0;                 ///< in it
  std::chrono::nanoseconds in_queue{0};    ///< from the reader to the processor
  std::chrono::nanoseconds processing{0};  ///< until something was written behind it
  std::chrono::nanoseconds out_queue{0};   ///< from the processor to the writer
  std::chrono::nanoseconds sending{0};     ///< until the kernel had it, and what was sent with it
};

/// One connection. Each number is true by itself; two are not always of the same instant.
struct ConnectionSnapshot {
  /// From the first byte to the last.
  enum class State {
    handshake,  ///< the HTTP request, or its answer
    open,       ///< a WebSocket, with three threads
    closing,    ///< an ending has begun
    ended,      ///< its threads have been joined
  };

  std::uint64_t id = 0;                 ///< Connection::id()
  std::uint64_t number = 0;             ///< 1 for the server's first WebSocket; 0: it is none yet
  std::string peer_address;             ///< Connection::peer_address()
  std::string path;                     ///< empty during the handshake
  State state = State::handshake;       ///< how far it has come
  std::chrono::nanoseconds age{0};      ///< since it was accepted, up to its end
  ThreadSnapshot reader;                ///< from the socket to the in-queue
  ThreadSnapshot processor;             ///< the user's code
  ThreadSnapshot writer;                ///< from the out-queue to the socket
  QueueSnapshot in_queue;               ///< received, not yet read()
  QueueSnapshot out_queue;              ///< written, not yet sent
  std::size_t kept_bytes = 0;           ///< memory of messages, for the next: keep_buffers
  std::optional<CloseReason> closing;   ///< why an ending has begun
  std::optional<CloseReason> closed;    ///< why the close latch has fired
  std::uint64_t messages_received = 0;  ///< text and binary
  std::uint64_t bytes_received = 0;     ///< in them, expanded if they came compressed
  std::uint64_t messages_sent =
      0;  ///< text and binary, no heartbeats; when the writer is done with a batch
  std::uint64_t bytes_sent = 0;  ///< in them, before they are compressed
  std::string label;             ///< see Server::label_connections(); else empty
  /// Of one that has a label: the last that was followed all the way. One is followed at a time.
  std::optional<FollowedMessage> followed;
};

/// All connections of a server.
struct ServerSnapshot {
  std::chrono::nanoseconds time{0};  ///< since the server was made
  std::uint64_t accepted = 0;        ///< connections so far
  std::uint64_t websockets = 0;      ///< how many of them became WebSockets
  /// By id: those that are there, and the last that have ended.
  std::vector<ConnectionSnapshot> connections;
};

}  // namespace triloop
