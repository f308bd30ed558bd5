/// Who is behind a proxy of HTTP: the header in which it says so.
#pragma once

#include "net/network.h"
#include "triloop/request.h"

namespace triloop {

/// If the peer of `request` is in `trusted`, and says for whom it asks, in `Forwarded` (RFC 7239)
/// or `X-Forwarded-For`, peer_address becomes that one's, and passed_on_by the proxy's unless it
/// was set. From anybody else such a header changes nothing. The headers stay.
///
/// Each proxy on the way adds its own peer at the right, and what is at the left of that is only
/// what it was told. So the list is walked from the right, and an address that is trusted itself is
/// one more proxy; the first that is not is the peer, and what is left of it is not looked at. If
/// all are trusted it is the leftmost. Behind an entry that is no address, `unknown` or `_hidden`,
/// nobody is known: the peer is then the proxy that said so.
///
/// Throws HttpError (400) for a header of a trusted proxy that is broken, as far as it is walked (a
/// `Forwarded` with its quotes: as a whole), and if both headers are there and name different
/// addresses: one of them is then what a client has made up, and nobody can tell which.
void believe_forwarded(Request& request, const Networks& trusted);

}  // namespace triloop
