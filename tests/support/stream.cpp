#include "support/stream.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#ifdef TRILOOP_TEST_OVER_TLS
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "net/tls_peer.h"
#endif

namespace triloop::testing {

bool over_tls() { return std::getenv("TRILOOP_TEST_TLS") != nullptr; }

#ifdef TRILOOP_TEST_OVER_TLS

TlsOptions tls_of_this_run() {
  if (!over_tls()) return {};
  static const Certificates all;
  static const TlsOptions options = tls_options_with(all);
  return options;
}

struct ClientStream::Tls {
  explicit Tls(int descriptor) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL's own writes have no MSG_NOSIGNAL
    SSL_set_fd(session.get(), descriptor);
    SSL_set_connect_state(session.get());
  }

  long result_of(int returned) {
    if (returned > 0) return returned;
    const int error = SSL_get_error(session.get(), returned);
    if (error == SSL_ERROR_ZERO_RETURN) return 0;
    const unsigned long reason = ERR_peek_error();
    if (error == SSL_ERROR_SSL && ERR_GET_REASON(reason) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
      return 0;
    }
    if (error == SSL_ERROR_SSL && ERR_GET_REASON(reason) == SSL_R_PROTOCOL_IS_SHUTDOWN) {
      errno = EPIPE;
      return -1;
    }
    if (error == SSL_ERROR_SSL) {
      throw std::runtime_error(std::string("TLS: ") + ERR_reason_error_string(reason));
    }
    if (error == SSL_ERROR_SYSCALL && errno == 0) return 0;
    return -1;  // errno says why: of a wait that is over, too
  }

  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context{SSL_CTX_new(TLS_client_method()),
                                                       SSL_CTX_free};
  std::unique_ptr<SSL, void (*)(SSL*)> session{SSL_new(context.get()), SSL_free};
};

#else

TlsOptions tls_of_this_run() { return {}; }
struct ClientStream::Tls {};

#endif

ClientStream::ClientStream(int descriptor) : descriptor_(descriptor) {
#ifdef TRILOOP_TEST_OVER_TLS
  if (over_tls()) tls_ = std::make_unique<Tls>(descriptor);
#endif
}

ClientStream::~ClientStream() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

long ClientStream::receive(char* buffer, std::size_t size) {
#ifdef TRILOOP_TEST_OVER_TLS
  if (tls_ != nullptr) {
    ERR_clear_error();
    errno = 0;
    return tls_->result_of(SSL_read(tls_->session.get(), buffer, static_cast<int>(size)));
  }
#endif
  return ::recv(descriptor_, buffer, size, 0);
}

long ClientStream::send(std::string_view bytes) {
#ifdef TRILOOP_TEST_OVER_TLS
  if (tls_ != nullptr) {
    ERR_clear_error();
    errno = 0;
    return tls_->result_of(
        SSL_write(tls_->session.get(), bytes.data(), static_cast<int>(bytes.size())));
  }
#endif
  return ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

long ClientStream::try_send(std::string_view bytes) {
  if (tls_ != nullptr) throw std::logic_error("try_send is for tests without TLS");
  return ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void ClientStream::shutdown_send() {
#ifdef TRILOOP_TEST_OVER_TLS
  if (tls_ != nullptr) {  // behind the handshake: it is HTTP that may break off anywhere
    SSL_do_handshake(tls_->session.get());
    SSL_shutdown(tls_->session.get());
  }
#endif
  ::shutdown(descriptor_, SHUT_WR);
}

void ClientStream::reset() {
  const linger at_once{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(std::exchange(descriptor_, -1));
}

}  // namespace triloop::testing
