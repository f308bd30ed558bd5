/// Where who is accepted begins to speak TLS.
#pragma once

#include <memory>
#include <string>

#include "net/socket.h"
#include "net/tls.h"
#include "triloop/sync.h"
#include "triloop/tls_options.h"

namespace triloop {

/// Puts TLS on the sockets that are accepted, with the certificates as they were last read.
///
/// Thread safety: any thread may call anything.
class TlsDoor {
 public:
  /// Reads the files. Throws std::invalid_argument that says what is wrong.
  explicit TlsDoor(const TlsOptions& options);

  /// The socket with TLS on it. There has to be a certificate.
  std::unique_ptr<Socket> enter(std::unique_ptr<Socket> socket) const TRILOOP_EXCLUDES(mutex_);

  /// Server::reload_tls().
  bool reload() TRILOOP_EXCLUDES(mutex_);

 private:
  bool speaks_tls() const { return !options_.certificates.empty(); }

  const TlsOptions options_;

  mutable Mutex mutex_;
  // Shared with the connections that began with it. Null without TLS.
  std::shared_ptr<const TlsContext> context_ TRILOOP_GUARDED_BY(mutex_);
};

}  // namespace triloop
