/// All that a server, and a client, see of TLS. Without OpenSSL (no_tls.cpp) there is none of it.
#pragma once

#include <memory>
#include <string>

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

/// The client's side, to that host, a name or an address. Blocks for the files. Throws
/// std::invalid_argument, likewise. Who is not believed makes open() fail.
std::unique_ptr<Socket> make_tls_client_socket(std::unique_ptr<Socket> inner,
                                               const TlsClientOptions& options,
                                               const std::string& host);

}  // namespace triloop
