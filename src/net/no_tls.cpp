// In the place of tls_context.cpp, tls_records.cpp and tls_socket.cpp where OpenSSL is not there.
#include <stdexcept>

#include "net/tls.h"

namespace triloop {

std::shared_ptr<const TlsContext> make_tls_context(const TlsOptions& /*options*/) {
  throw std::invalid_argument("it was built without TLS");
}

std::unique_ptr<Socket> make_tls_socket(std::unique_ptr<Socket> inner,
                                        std::shared_ptr<const TlsContext> /*context*/) {
  return inner;  // never called: there is no context
}

std::unique_ptr<Socket> make_tls_client_socket(std::unique_ptr<Socket> /*inner*/,
                                               const TlsClientOptions& /*options*/,
                                               const std::string& /*host*/) {
  throw std::invalid_argument("it was built without TLS");
}

}  // namespace triloop
