#include "support/stream.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "triloop/sync.h"

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

// The session is in memory, behind a lock that nobody holds while the kernel makes him wait: a test
// may read on one thread and send on another, as over TCP. Who receives sends in the handshake
// alone, for a server has no question to a client behind it; and of several who send, as of a Close
// that is answered, one waits for the other, also while that waits for the kernel.
struct ClientStream::Tls {
  explicit Tls(int stream) : descriptor(stream) {
    SSL_set_bio(session.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(session.get());
  }

  long receive(char* buffer, std::size_t size) {
    if (!is_open) {
      const MutexLock lock(sending);
      if (const long result = shake_hands(); result <= 0) return result;
    }
    for (;;) {
      if (const auto result = decrypt(buffer, size)) return *result;
      if (const long result = receive_more(); result <= 0) return result;
    }
  }

  long send(std::string_view bytes, int flags) {
    const MutexLock alone(sending);
    if (const long result = shake_hands(); result <= 0) return result;
    if (!send_encrypted(flags)) return -1;
    if (!encrypt(bytes.substr(0, kRecordBytes))) {
      errno = EPIPE;
      return -1;
    }
    const std::size_t taken = std::min(bytes.size(), kRecordBytes);
    // What the kernel does not take now goes before the next bytes, or before the end.
    if (!send_encrypted(flags) && errno != EAGAIN) return -1;
    return static_cast<long>(taken);
  }

  // Behind the handshake: it is HTTP that may break off anywhere.
  void shutdown_send() {
    const MutexLock alone(sending);
    if (shake_hands() <= 0) return;
    {
      const MutexLock lock(mutex);
      ERR_clear_error();
      SSL_shutdown(session.get());
      take_outgoing();
    }
    send_encrypted(0);
  }

 private:
  static constexpr std::size_t kRecordBytes = 16384;

  // 1, or what a call that failed returned.
  long shake_hands() TRILOOP_REQUIRES(sending) {
    while (!is_open) {
      {
        const MutexLock lock(mutex);
        ERR_clear_error();
        is_open = demand_more_of(SSL_do_handshake(session.get()));
        take_outgoing();
      }
      if (!send_encrypted(0)) return -1;
      if (is_open) break;
      if (const long result = receive_more(); result <= 0) return result;
    }
    return 1;
  }

  // Nothing if there has to come more.
  std::optional<long> decrypt(char* buffer, std::size_t size) {
    const MutexLock lock(mutex);
    ERR_clear_error();
    const int returned = SSL_read(session.get(), buffer, static_cast<int>(size));
    if (returned > 0) return returned;
    if (SSL_get_error(session.get(), returned) == SSL_ERROR_ZERO_RETURN) return 0;
    demand_more_of(returned);
    return std::nullopt;
  }

  bool encrypt(std::string_view bytes) TRILOOP_REQUIRES(sending) {
    const MutexLock lock(mutex);
    ERR_clear_error();
    const int returned = SSL_write(session.get(), bytes.data(), static_cast<int>(bytes.size()));
    if (returned <= 0 && ERR_GET_REASON(ERR_peek_error()) == SSL_R_PROTOCOL_IS_SHUTDOWN) {
      return false;
    }
    take_outgoing();
    return demand_more_of(returned);
  }

  // True if the session is content, false if it wants to receive more; else throws.
  bool demand_more_of(int returned) TRILOOP_REQUIRES(mutex) {
    if (returned > 0) return true;
    if (SSL_get_error(session.get(), returned) == SSL_ERROR_WANT_READ) return false;
    const char* const reason = ERR_reason_error_string(ERR_peek_error());
    throw std::runtime_error(std::string("TLS: ") + (reason == nullptr ? "failed" : reason));
  }

  void take_outgoing() TRILOOP_REQUIRES(mutex, sending) {
    BIO* const out = SSL_get_wbio(session.get());
    const std::size_t before = unsent.size();
    unsent.resize(before + BIO_ctrl_pending(out));
    if (unsent.size() > before) {
      BIO_read(out, unsent.data() + before, static_cast<int>(unsent.size() - before));
    }
  }

  bool send_encrypted(int flags) TRILOOP_REQUIRES(sending) {
    while (!unsent.empty()) {
      const long sent = ::send(descriptor, unsent.data(), unsent.size(), flags | MSG_NOSIGNAL);
      if (sent < 0) return false;
      unsent.erase(0, static_cast<std::size_t>(sent));
    }
    return true;
  }

  long receive_more() {
    std::array<char, kRecordBytes> received;
    const long size = ::recv(descriptor, received.data(), received.size(), 0);
    if (size <= 0) return size;
    const MutexLock lock(mutex);
    BIO_write(SSL_get_rbio(session.get()), received.data(), static_cast<int>(size));
    return size;
  }

  const int descriptor;
  bool is_open = false;  // when there are two threads it is so already
  Mutex sending;         // taken first
  std::string unsent TRILOOP_GUARDED_BY(sending);
  Mutex mutex;  // of the session
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context{SSL_CTX_new(TLS_client_method()),
                                                             SSL_CTX_free};
  const std::unique_ptr<SSL, void (*)(SSL*)> session{SSL_new(context.get()), SSL_free};
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
  if (tls_ != nullptr) return tls_->receive(buffer, size);
#endif
  return ::recv(descriptor_, buffer, size, 0);
}

long ClientStream::send(std::string_view bytes) {
#ifdef TRILOOP_TEST_OVER_TLS
  if (tls_ != nullptr) return tls_->send(bytes, 0);
#endif
  return ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

long ClientStream::try_send(std::string_view bytes) {
#ifdef TRILOOP_TEST_OVER_TLS
  if (tls_ != nullptr) return tls_->send(bytes, MSG_DONTWAIT);
#endif
  return ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void ClientStream::shutdown_send() {
#ifdef TRILOOP_TEST_OVER_TLS
  if (tls_ != nullptr) tls_->shutdown_send();
#endif
  ::shutdown(descriptor_, SHUT_WR);
}

void ClientStream::reset() {
  const linger at_once{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(std::exchange(descriptor_, -1));
}

}  // namespace triloop::testing
