#pragma once

#include <zlib.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace load {

/// A message as permessage-deflate (RFC 7692, 7.2.1) sends it, which refers to no message before
/// it.
std::string deflated(std::string_view message);

/// Expands what a server compressed, message after message, with the window that it carries over.
class Inflater {
 public:
  /// `carries_over`: the server may refer to earlier messages.
  explicit Inflater(bool carries_over);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// The message, valid until the next call. Throws if it is no whole compressed message, or has
  /// more than `most_bytes`.
  std::string_view expand(std::string_view payload, std::size_t most_bytes);

 private:
  const bool carries_over_;
  z_stream stream_{};
  std::string expanded_;
};

}  // namespace load
