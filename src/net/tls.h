/// All that a server sees of TLS. Without OpenSSL (no_tls.cpp) there is none of it.
#pragma once

#include <memory>

#include "net/socket.h"
#include "triloop/tls_options.h"

namespace triloop {

/// Certificates, keys and rules, as read from files. Constant, so any thread may use it.
class TlsContext;

/// Blocks for the files. Throws std::invalid_argument, whose text names the file, if one cannot be
/// read or does not fit, or if this was built without TLS.
std::shared_ptr<const TlsContext> make_tls_context(const TlsOptions& options);

/// The server's side of TLS on top of `inner`: see TlsSocket.
std::unique_ptr<Socket> make_tls_socket(std::unique_ptr<Socket> inner,
                                        std::shared_ptr<const TlsContext> context);

}  // namespace triloop
