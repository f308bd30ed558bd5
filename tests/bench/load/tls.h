#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <string_view>

namespace load {

/// A client's TLS session, in memory: records are received and sent by others. It speaks TLS 1.3
/// with the one cipher that every implementation has (RFC 8446, 9.1), so that all servers do the
/// same work for it, and believes every certificate: it measures.
class TlsSession {
 public:
  TlsSession();

  /// Makes records of it, for outgoing(). False while the handshake goes on; then there may be
  /// something of that in outgoing().
  bool encrypt(std::string_view plain);

  /// What came from the server becomes plaintext at `to`, which may be where it lies: never more
  /// than that and one record, which may have been incomplete before. Throws if it is no TLS.
  std::size_t decrypt(std::string_view records, char* to, std::size_t room);

  /// Valid until the next call.
  std::string_view outgoing() const;
  void mark_sent(std::size_t bytes);

 private:
  struct Free {
    void operator()(SSL* session) const { SSL_free(session); }
  };

  const std::unique_ptr<SSL, Free> session_;
  std::size_t sent_ = 0;  // of what is in its memory
};

}  // namespace load
