/// `for (Message& message : connection)`.
#pragma once

#include <cstddef>
#include <iterator>
#include <optional>

#include "triloop/connection.h"
#include "triloop/message.h"

namespace triloop {

/// Input iterator over a connection's messages; each step is a read().
class MessageIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = Message;
  using difference_type = std::ptrdiff_t;
  using pointer = Message*;
  using reference = Message&;

  MessageIterator() = default;
  explicit MessageIterator(Connection& connection) : connection_(&connection) { ++*this; }

  Message& operator*() { return *message_; }
  Message* operator->() { return &*message_; }
  MessageIterator& operator++() {
    message_.reset();  // lest the last message stay in memory while the next is waited for
    message_ = connection_->read();
    return *this;
  }
  void operator++(int) { ++*this; }

  /// Two iterators are equal when both are at the end: the only question a loop asks.
  friend bool operator==(const MessageIterator& a, const MessageIterator& b) {
    return !a.message_ && !b.message_;
  }
  friend bool operator!=(const MessageIterator& a, const MessageIterator& b) { return !(a == b); }

 private:
  Connection* connection_ = nullptr;
  std::optional<Message> message_;
};

inline MessageIterator Connection::begin() { return MessageIterator(*this); }
inline MessageIterator Connection::end() { return MessageIterator(); }

}  // namespace triloop
