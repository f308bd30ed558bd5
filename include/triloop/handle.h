/// A connection as other threads may keep it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "triloop/connection.h"

namespace triloop {

/// Refers to a connection, and may be kept and copied for as long as one likes: it does not keep
/// the connection open, and when that is over its calls say so. By it one connection's processor
/// reaches another connection.
///
/// Thread safety: as a std::shared_ptr; any number of threads may call the same connection's.
class ConnectionHandle {
 public:
  /// Refers to none, which is as one that is over.
  ConnectionHandle() = default;

  /// Connection::write(). False if it is over. A call that waits for room keeps the connection's
  /// memory until it returns, which is when the connection is over at the latest.
  bool write(Message message) const {
    const auto connection = connection_.lock();
    return connection != nullptr && connection->write(std::move(message));
  }

  /// Connection::write_for(). kOver if it is over.
  WriteResult write_for(Message& message, std::chrono::milliseconds timeout) const {
    const auto connection = connection_.lock();
    return connection == nullptr ? WriteResult::kOver : connection->write_for(message, timeout);
  }

  /// Connection::try_write(), which never blocks. kOver if it is over.
  WriteResult try_write(Message& message) const { return write_for(message, {}); }

  /// Connection::write_all_for(). kOver if it is over.
  WriteResult write_all_for(const std::vector<PreparedMessage>& messages, std::size_t& written,
                            std::chrono::milliseconds timeout) const {
    const auto connection = connection_.lock();
    return connection == nullptr ? WriteResult::kOver
                                 : connection->write_all_for(messages, written, timeout);
  }

  /// Connection::close(), which never blocks; nothing if it is over.
  void close(std::uint16_t code = close_code::kNormal, const std::string& reason = {}) const {
    if (const auto connection = connection_.lock()) connection->close(code, reason);
  }

  /// Connection::abort(), likewise.
  void abort(const std::string& why = {}) const {
    if (const auto connection = connection_.lock()) connection->abort(why);
  }

  /// Is it over? Who has seen "yes" has no write taken any more. "No" may be wrong a moment later,
  /// and at the end of a drain writes fail a little earlier: as soon as the processor has returned.
  /// Never blocks.
  bool is_over() const {
    const auto connection = connection_.lock();
    return connection == nullptr || connection->over().fired();
  }

  /// Connection::id(); 0 of none.
  std::uint64_t id() const { return id_; }

  /// Do both refer to the same connection? Also when that is over. Those that refer to none do.
  friend bool operator==(const ConnectionHandle& a, const ConnectionHandle& b) {
    return !a.connection_.owner_before(b.connection_) && !b.connection_.owner_before(a.connection_);
  }
  /// Do they not?
  friend bool operator!=(const ConnectionHandle& a, const ConnectionHandle& b) { return !(a == b); }

 private:
  friend class Connection;
  explicit ConnectionHandle(std::weak_ptr<Connection> connection, std::uint64_t id)
      : connection_(std::move(connection)), id_(id) {}

  std::weak_ptr<Connection> connection_;
  std::uint64_t id_ = 0;
};

}  // namespace triloop
