// Of OpenSSL net/tls_socket.cpp itself only asks why a handshake failed. Here none fails for what
// the peer speaks, so OpenSSL need not be there.
#pragma once

#define ERR_GET_REASON(packed) (packed)
