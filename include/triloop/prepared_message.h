/// A message that many are sent.
#pragma once

#include <memory>
#include <string_view>

#include "triloop/export.h"
#include "triloop/message.h"

namespace triloop {

class Encoded;

/// A message that is encoded once for all who are sent it, and compressed once for those that
/// compress. Refers to what does not change: a copy is as good, and costs nothing.
///
/// Thread safety: as a std::shared_ptr to something const.
class PreparedMessage {
 public:
  /// Throws std::invalid_argument if a text message is not UTF-8.
  TRILOOP_EXPORT explicit PreparedMessage(const Message& message);

  TRILOOP_EXPORT MessageType type() const;       ///< text or binary
  TRILOOP_EXPORT std::string_view data() const;  ///< as long as this or a copy is there

  /// For the library: what all share.
  const std::shared_ptr<const Encoded>& encoded() const { return encoded_; }

 private:
  std::shared_ptr<const Encoded> encoded_;
};

}  // namespace triloop
