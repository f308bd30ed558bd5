/// A message as it goes over the wire, for all who are sent it.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "triloop/message.h"
#include "triloop/sync.h"

namespace triloop {

/// A message that was encoded once: its frame as it is, and, for connections that compress, its
/// frame compressed without history, which every peer can expand. Does not change, but that a
/// compressed form is made when it is first asked for.
///
/// Thread safety: any number of threads.
class Encoded {
 public:
  /// Throws std::invalid_argument if a text is not UTF-8.
  explicit Encoded(const Message& message);
  Encoded(const Encoded&) = delete;
  Encoded& operator=(const Encoded&) = delete;

  MessageType type() const { return type_; }
  std::string_view payload() const { return std::string_view(plain_).substr(header_bytes_); }

  /// The frame: header and payload.
  std::string_view plain() const { return plain_; }

  /// The frame compressed, with a window of 2^window_bits bytes. Whoever asks first makes it, at
  /// zlib's `level`; others who ask meanwhile wait for that. Throws std::bad_alloc.
  std::string_view compressed(int window_bits, int level) const TRILOOP_EXCLUDES(mutex_);

 private:
  const MessageType type_;
  std::string plain_;
  std::size_t header_bytes_ = 0;

  mutable Mutex mutex_;
  mutable std::map<int, std::string> compressed_ TRILOOP_GUARDED_BY(mutex_);  // by window
};

}  // namespace triloop
