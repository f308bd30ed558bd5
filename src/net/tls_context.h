/// Certificates, keys and rules, as OpenSSL holds them.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

#include "net/tls.h"

namespace triloop {

struct FreeTls {
  void operator()(SSL* session) const { SSL_free(session); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

/// What all sessions that begin with it have in common.
///
/// Thread safety: constant, so any thread may call anything.
class TlsContext {
 public:
  virtual ~TlsContext() = default;

  /// A session that has yet to begin. The context must outlive it. Throws std::bad_alloc.
  virtual std::unique_ptr<SSL, FreeTls> new_session() const = 0;
};

/// The server's side.
///
/// TLS 1.2 and 1.3 as Mozilla's "intermediate" configuration has them (version 5.7), without DHE:
/// forward secrecy and AEAD only. No compression, no renegotiation, no early data: what a replay
/// could repeat is never taken (RFC 8446 section 8). Sessions are resumed by tickets, whose key
/// lives as long as this: nothing is kept for each client.
class TlsServerContext final : public TlsContext {
 public:
  /// See make_tls_context().
  explicit TlsServerContext(const TlsOptions& options);

  std::unique_ptr<SSL, FreeTls> new_session() const override;

 private:
  static int choose_certificate(SSL* session, int* alert, void* self);

  std::vector<std::unique_ptr<SSL_CTX, FreeTls>> of_;  // each certificate
};

/// The client's side, to one host; the same versions and ciphers.
class TlsClientContext final : public TlsContext {
 public:
  /// See make_tls_client_socket().
  TlsClientContext(const TlsClientOptions& options, std::string host);

  std::unique_ptr<SSL, FreeTls> new_session() const override;

 private:
  const std::string host_;
  const std::unique_ptr<SSL_CTX, FreeTls> context_;
};

}  // namespace triloop
