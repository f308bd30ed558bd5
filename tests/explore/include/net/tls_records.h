/// The explorer's own net/tls_records.h: the same class without OpenSSL. It stands first on the
/// include path of what is explored, so src/net/tls_socket.cpp ships with the one, and is explored
/// with this.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "net/tls.h"
#include "scheduler.h"
#include "triloop/sync.h"

namespace triloop {

enum class TlsError { kCut = 1 };
std::error_code make_error_code(TlsError error);

class TlsContext {};
class TlsClientContext final : public TlsContext {
 public:
  TlsClientContext(const TlsClientOptions& /*options*/, const std::string& /*host*/) {}
};

/// What OpenSSL demands, and what TLS does, without a cipher:
///
/// - never two threads in one session (openssl-threads(7)),
/// - each record has a number, which it gets when it is encrypted, and who gets them in another
///   order can decrypt none any more (RFC 8446 section 5.3),
/// - who decrypts a KeyUpdate has to answer: to decrypt may encrypt (section 4.6.3),
/// - what was fed in has to stay where it is until all of it has been asked for.
///
/// A record is its kind, its number, how long it is, and what is in it. Each call is a choice point
/// of the scheduler's, with a thread inside.
class TlsRecords {
 public:
  enum class Result { kDone, kNeedMore, kEnd, kFailed };

  explicit TlsRecords(const TlsContext& /*context*/) {}
  TlsRecords(const TlsRecords&) = delete;
  TlsRecords& operator=(const TlsRecords&) = delete;

  void feed(std::string_view ciphertext) {
    const Alone alone(*this);
    explore::require(incoming_.empty(), "what was fed in before is lost");
    incoming_ = ciphertext;
  }

  // Each says one word, and waits for the other's.
  Result shake_hands(std::error_code& error) {
    const Alone alone(*this);
    error.clear();
    if (said_ == 0) say(kHello, "");
    if (!next_record()) return Result::kNeedMore;
    explore::require(record_[kKind] == kHello, "the handshake begins with something else");
    record_.clear();
    return Result::kDone;
  }

  Result decrypt(char* buffer, std::size_t size, std::size_t& decrypted, std::error_code& error) {
    const Alone alone(*this);
    error.clear();
    decrypted = 0;
    while (plain_.empty()) {
      if (peer_ended_) return Result::kEnd;
      if (!next_record()) return Result::kNeedMore;
      take_in(std::exchange(record_, {}));
    }
    decrypted = std::min(size, plain_.size());
    plain_.copy(buffer, decrypted);
    plain_.erase(0, decrypted);
    return Result::kDone;
  }

  bool encrypt(std::string_view plain, std::error_code& error) {
    const Alone alone(*this);
    error.clear();
    explore::require(plain.size() <= kRecordBytes, "more than a record can hold");
    say(kData, plain);
    return true;
  }
  // Small, so that few bytes are many records.
  static constexpr std::size_t kRecordBytes = 4;

  void end() {
    const Alone alone(*this);
    say(kCloseNotify, "");
    ended_ = true;
  }

  bool has_words() const {
    const Alone alone(*this);
    return words_ > 0;
  }
  void take_outgoing(std::string& empty) {
    const Alone alone(*this);
    explore::require(empty.empty(), "what was taken before is lost");
    outgoing_.swap(empty);
    words_ = 0;
  }

  std::string certificate_subject() const { return {}; }

  // -- Of a scenario's peer

  void update_keys() {
    const Alone alone(*this);
    say(kKeyUpdate, "");
  }
  /// Of its updates so many were answered.
  int answers() const { return answers_; }

 private:
  // A thread that is in the session, for all that it does there.
  class Alone {
   public:
    explicit Alone(const TlsRecords& self) : inside_(self.inside_) {
      explore::touch(inside_.history);
      explore::require(++inside_.count == 1, "two threads in one TLS session");
      inside_.meanwhile.load();
    }
    ~Alone() {
      explore::touch(inside_.history);
      --inside_.count;
    }
    Alone(const Alone&) = delete;
    Alone& operator=(const Alone&) = delete;

   private:
    friend class TlsRecords;
    struct Inside {
      int count = 0;
      explore::History history = 0;
      Atomic<bool> meanwhile{false};  // so that others may come
    };
    Inside& inside_;
  };

  enum Kind : char {
    kHello = 'h',
    kData = 'd',
    kKeyUpdate = 'k',
    kAnswer = 'a',
    kCloseNotify = 'c'
  };
  enum Byte : std::size_t { kKind, kNumber, kLength, kHead };

  void say(Kind kind, std::string_view plain) {
    if (ended_) return;  // dropped, as by the one that ships
    outgoing_ += {static_cast<char>(kind), said_++, static_cast<char>(plain.size())};
    outgoing_ += plain;
  }

  // False if not all of it is here.
  bool next_record() {
    const auto take = [this](std::size_t until) {
      const std::size_t some = std::min(until - std::min(until, record_.size()), incoming_.size());
      record_ += incoming_.substr(0, some);
      incoming_.remove_prefix(some);
      return record_.size() >= until;
    };
    return take(kHead) && take(kHead + static_cast<std::size_t>(record_[kLength])) && in_order();
  }
  bool in_order() {
    explore::require(record_[kNumber] == heard_++,
                     "a record out of order, which nobody can decrypt");
    return true;
  }

  void take_in(const std::string& record) {
    switch (record[kKind]) {
      case kData:
        plain_ = record.substr(kHead);
        break;
      case kKeyUpdate:
        say(kAnswer, "");
        if (!ended_) words_ += kHead;
        break;
      case kAnswer:
        ++answers_;
        break;
      case kCloseNotify:
        peer_ended_ = true;
        break;
      default:
        explore::require(false, "a record of no kind");
    }
  }

  mutable Alone::Inside inside_;
  std::string_view incoming_;
  std::string record_;  // as much of it as is here
  std::string plain_;   // decrypted, and not asked for yet
  std::string outgoing_;
  std::size_t words_ = 0;
  char said_ = 0, heard_ = 0;  // records
  int answers_ = 0;
  bool ended_ = false;
  bool peer_ended_ = false;
};

}  // namespace triloop
