/// The client's half of agreeing on permessage-deflate: RFC 7692 section 7.1.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "websocket/deflate.h"

namespace triloop {

/// What a client offers: first with both windows bounded to 2^window_bits bytes, then, for servers
/// that do not bound theirs, without.
std::string deflate_offer(int window_bits);

/// What the server has made of it; nullopt if the header is empty: it does not compress. Throws
/// ConnectError unless it is one extension, the one that was offered, each of its parameters known,
/// once, and with a value that it may have; and on a window of 2^8 bytes for us, which zlib does
/// not do.
///
/// The parameters come as this side's codec uses them, which is the server's in all tables and
/// tests: `server_*` is what we send, `client_*` what the peer sends.
std::optional<DeflateParameters> accept_deflate(std::string_view header, int window_bits);

}  // namespace triloop
