/// A connection through a proxy that says for whom it connects.
#pragma once

#include <memory>

#include "net/socket.h"

namespace triloop {

/// `inner`, of which open() first takes a PROXY header (net/proxy_header.h), and not one byte more;
/// without one it fails. What comes behind it is what is received. peer_address() is whom the
/// header names; that of `inner` before, and if it names nobody.
///
/// open() blocks until the header is here; freed by the peer, by shutdown(), or by its deadline.
/// Its error is that of `inner`, or a ProxyHeaderError. Nothing is answered to a header that is
/// none.
std::unique_ptr<Socket> make_proxied_socket(std::unique_ptr<Socket> inner);

}  // namespace triloop
