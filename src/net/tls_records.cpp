#include "net/tls_records.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace triloop {
namespace {

class TlsCategory final : public std::error_category {
 public:
  const char* name() const noexcept override { return "tls"; }
  std::string message(int value) const override {
    switch (static_cast<TlsError>(value)) {
      case TlsError::kCut:
        return "the stream was cut: it ended without close_notify";
      case TlsError::kTooManyWords:
        return "the peer asks for TLS records that it does not take";
      case TlsError::kHalfMessage:
        return "the peer has begun a TLS handshake message, and not ended it";
      case TlsError::kFailed:
        return "TLS failed";
    }
    const char* const reason = ERR_reason_error_string(static_cast<unsigned int>(value));
    return std::string("TLS: ") + (reason == nullptr ? "unknown reason" : reason);
  }
};

const TlsCategory& tls_category() {
  static const TlsCategory category;
  return category;
}

class CertificateCategory final : public std::error_category {
 public:
  const char* name() const noexcept override { return "certificate"; }
  std::string message(int value) const override {
    return std::string("the certificate is not believed: ") + X509_verify_cert_error_string(value);
  }
};

}  // namespace

std::error_code make_error_code(TlsError error) {
  return {static_cast<int>(error), tls_category()};
}

std::error_code openssl_error(unsigned long packed) {
  return {static_cast<int>(packed), tls_category()};
}

std::error_code certificate_error(long result) {
  static const CertificateCategory category;
  return {static_cast<int>(result), category};
}

// The two ends of the session are two pieces of memory, not two sockets.
struct TlsRecords::Bio {
  static int read(BIO* bio, char* into, int size) {
    auto& self = *static_cast<TlsRecords*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (self.incoming_.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const std::size_t taken = std::min(static_cast<std::size_t>(size), self.incoming_.size());
    std::memcpy(into, self.incoming_.data(), taken);
    self.incoming_.remove_prefix(taken);
    return static_cast<int>(taken);
  }

  // An exception must not cross OpenSSL, which is C.
  static int write(BIO* bio, const char* from, int size) {
    auto& self = *static_cast<TlsRecords*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const auto bytes = static_cast<std::size_t>(size);
    if (self.ended_) return size;  // dropped
    if (self.decrypting_ && self.words_ + bytes > kMostWords) {
      self.too_many_words_ = true;
      return -1;
    }
    try {
      self.outgoing_.append(from, bytes);
      if (self.decrypting_) self.words_ += bytes;
    } catch (...) {
      self.out_of_memory_ = true;
      return -1;
    }
    return size;
  }

  static long control(BIO* /*bio*/, int command, long /*number*/, void* /*data*/) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  static BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {
      BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "memory");
      if (method == nullptr) throw std::bad_alloc();
      BIO_meth_set_read(method, read);
      BIO_meth_set_write(method, write);
      BIO_meth_set_ctrl(method, control);
      return method;
    }();
    return made;
  }
};

TlsRecords::TlsRecords(const TlsContext& context) : session_(context.new_session()) {
  BIO* const bio = BIO_new(Bio::method());
  if (bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(session_.get(), bio, bio);  // which owns it now
}

TlsRecords::~TlsRecords() = default;

TlsRecords::Result TlsRecords::shake_hands(std::error_code& error) {
  ERR_clear_error();
  return result_of(SSL_do_handshake(session_.get()), error);
}

TlsRecords::Result TlsRecords::decrypt(char* buffer, std::size_t size, std::size_t& decrypted,
                                       std::error_code& error) {
  decrypted = 0;
  if (failure_) {
    error = failure_;
    return Result::kFailed;
  }
  if (is_digested()) {
    error.clear();
    return Result::kNeedMore;
  }
  ERR_clear_error();  // the thread's, and SSL_get_error(3) looks at it
  decrypting_ = true;
  const int returned = SSL_read_ex(session_.get(), buffer, size, &decrypted);
  decrypting_ = false;
  return result_of(returned, error);
}

// OpenSSL would say the same, and allocate a buffer of 16 KiB to find it out.
bool TlsRecords::is_digested() const {
  return incoming_.empty() && SSL_has_pending(session_.get()) == 0 &&
         (SSL_get_shutdown(session_.get()) & SSL_RECEIVED_SHUTDOWN) == 0;
}

// In the middle of a handshake message of the peer's OpenSSL encrypts nothing until the rest comes,
// and who waits to send would wait for as long as the peer likes.
bool TlsRecords::encrypt(std::string_view plain, std::error_code& error) {
  error = failure_;
  if (error) return false;
  ERR_clear_error();
  std::size_t written = 0;
  const int returned = SSL_write_ex(session_.get(), plain.data(), plain.size(), &written);
  const Result result = result_of(returned, error);
  if (result == Result::kNeedMore) error = failure_ = make_error_code(TlsError::kHalfMessage);
  return result == Result::kDone;
}

void TlsRecords::end() {
  ERR_clear_error();
  SSL_shutdown(session_.get());  // its answer is about the peer's close_notify
  ERR_clear_error();
  ended_ = true;
}

TlsRecords::Result TlsRecords::result_of(int returned, std::error_code& error) {
  error.clear();
  if (returned > 0) return Result::kDone;
  switch (SSL_get_error(session_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      return Result::kNeedMore;
    case SSL_ERROR_ZERO_RETURN:
      return Result::kEnd;
    default:
      break;
  }
  if (out_of_memory_) throw std::bad_alloc();
  failure_ =
      too_many_words_ ? make_error_code(TlsError::kTooManyWords) : openssl_error(ERR_peek_error());
  if (!failure_) failure_ = make_error_code(TlsError::kFailed);
  if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    failure_ = certificate_error(SSL_get_verify_result(session_.get()));
  }
  ERR_clear_error();
  error = failure_;
  return Result::kFailed;
}

std::string TlsRecords::certificate_subject() const {
  const X509* const certificate = SSL_get0_peer_certificate(session_.get());
  if (certificate == nullptr) return {};
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new(BIO_s_mem()), BIO_free);
  if (text == nullptr) throw std::bad_alloc();
  X509_NAME_print_ex(text.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(text.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

}  // namespace triloop
