/// What a processor reads and writes.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "triloop/bounded_queue.h"

namespace triloop {

/// RFC 6455 section 5.6: text is UTF-8, binary is anything.
enum class MessageType {
  text,    ///< opcode 1
  binary,  ///< opcode 2
};

/// One whole WebSocket message, however many frames it came in. A plain value, movable for free.
struct Message {
  MessageType type = MessageType::text;  ///< text unless you say otherwise
  std::string data;                      ///< bytes, may be none

  /// `Message::text("hello")`. Connection::write() checks that it is UTF-8.
  static Message text(std::string data) { return {MessageType::text, std::move(data)}; }
  /// `Message::binary(bytes)`
  static Message binary(std::string data) { return {MessageType::binary, std::move(data)}; }
};

/// Same type and same data.
inline bool operator==(const Message& a, const Message& b) {
  return a.type == b.type && a.data == b.data;
}
/// Other type or other data.
inline bool operator!=(const Message& a, const Message& b) { return !(a == b); }

/// The byte bound of a queue of messages counts their data.
template <>
struct BytesOf<Message> {
  /// Its data.
  std::size_t operator()(const Message& message) const { return message.data.size(); }
};

/// What a read with a timeout brought.
enum class ReadResult {
  kMessage,  ///< one; it is in the argument
  kTimeout,  ///< none came in time; the next call may bring one
  kEnd,      ///< there will never be another one
};

/// What became of a write with a timeout. The message is moved from only if it was queued.
enum class WriteResult {
  kQueued,   ///< the argument has been moved from
  kTimeout,  ///< there was no room in time
  kOver,     ///< the connection is over
};

}  // namespace triloop
