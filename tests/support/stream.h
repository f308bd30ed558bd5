// A client's end of a connection, over TCP or over TLS: the same tests run over both.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "triloop/tls_options.h"

namespace triloop::testing {

/// Are clients and servers of this run to speak TLS? TRILOOP_TEST_TLS in the environment says so.
bool over_tls();

/// What a server needs for it: a certificate that was made for this run. Empty without TLS.
TlsOptions tls_of_this_run();

/// Takes a connected socket, and closes it. As recv(2), send(2) and shutdown(2) on that: -1 and
/// errno on an error. With TLS the handshake comes with the first of them; a stream that is cut
/// reads as one that ends. One thread until then; behind it one receives, and any may send.
class ClientStream {
 public:
  explicit ClientStream(int descriptor);
  ~ClientStream();
  ClientStream(const ClientStream&) = delete;
  ClientStream& operator=(const ClientStream&) = delete;

  long receive(char* buffer, std::size_t size);
  long send(std::string_view bytes);
  /// What is taken now. With TLS a record that the kernel takes in part counts as taken: its rest
  /// goes before the next bytes.
  long try_send(std::string_view bytes);
  void shutdown_send();
  /// A TCP reset.
  void reset();

  int descriptor() const { return descriptor_; }

 private:
  struct Tls;

  int descriptor_;
  std::unique_ptr<Tls> tls_;
};

}  // namespace triloop::testing
