/// Certificates, keys and rules, as OpenSSL holds them.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <vector>

#include "net/tls.h"

namespace triloop {

struct FreeTls {
  void operator()(SSL* session) const { SSL_free(session); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

/// What all sessions that begin with it have in common.
///
/// TLS 1.2 and 1.3 as Mozilla's "intermediate" configuration has them (version 5.7), without DHE:
/// forward secrecy and AEAD only. No compression, no renegotiation, no early data: what a replay
/// could repeat is never taken (RFC 8446 section 8). Sessions are resumed by tickets, whose key
/// lives as long as this: nothing is kept for each client.
///
/// Thread safety: constant, so any thread may call anything.
class TlsContext {
 public:
  /// See make_tls_context().
  explicit TlsContext(const TlsOptions& options);

  /// A session of the server's side that has yet to begin. The context must outlive it. Throws
  /// std::bad_alloc.
  std::unique_ptr<SSL, FreeTls> new_session() const;

 private:
  static int choose_certificate(SSL* session, int* alert, void* self);

  std::vector<std::unique_ptr<SSL_CTX, FreeTls>> of_;  // each certificate
};

}  // namespace triloop
