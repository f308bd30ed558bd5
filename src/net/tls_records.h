/// One TLS session, in memory.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "net/tls_context.h"

namespace triloop {

/// What may go wrong, as an error code: beside these OpenSSL's own reasons.
enum class TlsError {
  kCut = 1,       ///< the stream ended without close_notify
  kTooManyWords,  ///< the peer makes us answer without end, and does not take the answers
  kHalfMessage,   ///< the peer has begun a handshake message, and not ended it
  kFailed,        ///< and OpenSSL does not say why
};
std::error_code make_error_code(TlsError error);
/// `packed` is one of err.h: ERR_peek_error(3).
std::error_code openssl_error(unsigned long packed);
/// `result` is one of x509_vfy.h: SSL_get_verify_result(3).
std::error_code certificate_error(long result);

/// Turns bytes into TLS records and back: it calls nobody, and never waits. Both halves go through
/// one SSL object, which even to decrypt may have to encrypt: an answer to a KeyUpdate, an alert.
///
/// Thread safety: none. Never two threads in it, not even one in each direction
/// (openssl-threads(7)).
class TlsRecords {
 public:
  enum class Result { kDone, kNeedMore, kEnd, kFailed };

  /// `context` must outlive it.
  explicit TlsRecords(const TlsContext& context);
  ~TlsRecords();
  TlsRecords(const TlsRecords&) = delete;
  TlsRecords& operator=(const TlsRecords&) = delete;

  /// What the peer has sent. Must stay where it is until a call says kNeedMore: then it is
  /// digested.
  void feed(std::string_view ciphertext) { incoming_ = ciphertext; }

  /// Goes on with the handshake. After each call there may be something to send, also
  /// after kDone (tickets) and kFailed (an alert).
  Result shake_hands(std::error_code& error);

  /// At most one record: `size` > 0 bytes at most, `decrypted` of them with kDone. kEnd at the
  /// peer's close_notify. After kEnd or kFailed always the same.
  Result decrypt(char* buffer, std::size_t size, std::size_t& decrypted, std::error_code& error);

  /// Makes a record of at most kRecordBytes, for take_outgoing(). False and an `error` once the
  /// session has failed.
  bool encrypt(std::string_view plain, std::error_code& error);
  static constexpr std::size_t kRecordBytes = std::size_t{16} << 10;

  /// Our close_notify. What decrypt() would say from now on is dropped: nothing may come behind it.
  void end();

  /// Has decrypt() something to send ("words": an answer to a KeyUpdate, an alert) that has not
  /// been taken?
  bool has_words() const { return words_ > 0; }
  /// Swaps all that has to be sent, in this order, into `empty`.
  void take_outgoing(std::string& empty) {
    outgoing_.swap(empty);
    words_ = 0;
  }

  /// The certificate that the peer has shown: see Request. Empty if it has shown none.
  std::string certificate_subject() const;

 private:
  struct Bio;

  bool is_digested() const;
  Result result_of(int returned, std::error_code& error);

  // What a peer may make us say before any of it is taken: some 2000 KeyUpdates.
  static constexpr std::size_t kMostWords = std::size_t{64} << 10;

  std::string_view incoming_;
  std::string outgoing_;
  std::size_t words_ = 0;    // bytes of it that decrypt() has said
  bool decrypting_ = false;  // what is said is an answer
  bool ended_ = false;       // we have said close_notify
  bool too_many_words_ = false;
  bool out_of_memory_ = false;
  std::error_code failure_;
  const std::unique_ptr<SSL, FreeTls> session_;  // last: made when all else is there
};

}  // namespace triloop
