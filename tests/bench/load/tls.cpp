#include "tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>

#include <new>
#include <stdexcept>
#include <string>

namespace load {
namespace {

constexpr const char* kCipher = "TLS_AES_128_GCM_SHA256";
constexpr const char* kGroup = "X25519";

[[noreturn]] void fail() {
  const char* const reason = ERR_reason_error_string(ERR_peek_error());
  throw std::runtime_error(std::string("TLS: ") + (reason != nullptr ? reason : "failed"));
}

// For the life of the program.
SSL_CTX* context() {
  static SSL_CTX* const made = [] {
    SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
    if (context == nullptr || SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1 ||
        SSL_CTX_set_ciphersuites(context, kCipher) != 1 ||
        SSL_CTX_set1_groups_list(context, kGroup) != 1) {
      fail();
    }
    return context;
  }();
  return made;
}

}  // namespace

TlsSession::TlsSession() : session_(SSL_new(context())) {
  BIO* const incoming = BIO_new(BIO_s_mem());
  BIO* const outgoing = BIO_new(BIO_s_mem());
  if (session_ == nullptr || incoming == nullptr || outgoing == nullptr) throw std::bad_alloc();
  SSL_set_bio(session_.get(), incoming, outgoing);  // which owns them now
  SSL_set_connect_state(session_.get());
}

bool TlsSession::encrypt(std::string_view plain) {
  ERR_clear_error();
  std::size_t written = 0;
  const int result = SSL_write_ex(session_.get(), plain.data(), plain.size(), &written);
  if (result == 1) return true;
  if (SSL_get_error(session_.get(), result) != SSL_ERROR_WANT_READ) fail();
  return false;
}

std::size_t TlsSession::decrypt(std::string_view records, char* to, std::size_t room) {
  ERR_clear_error();
  BIO_write(SSL_get_rbio(session_.get()), records.data(), static_cast<int>(records.size()));
  std::size_t total = 0;
  for (;;) {
    std::size_t count = 0;
    const int result = SSL_read_ex(session_.get(), to + total, room - total, &count);
    total += count;
    if (result == 1) continue;
    // The end of the session is not yet that of the stream.
    const int why = SSL_get_error(session_.get(), result);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_ZERO_RETURN) return total;
    fail();
  }
}

std::string_view TlsSession::outgoing() const {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(SSL_get_wbio(session_.get()), &bytes);
  return std::string_view(bytes, static_cast<std::size_t>(size)).substr(sent_);
}

void TlsSession::mark_sent(std::size_t bytes) {
  sent_ += bytes;
  if (!outgoing().empty()) return;
  BIO_reset(SSL_get_wbio(session_.get()));
  sent_ = 0;
}

}  // namespace load
