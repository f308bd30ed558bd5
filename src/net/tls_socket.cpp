#include "net/tls_socket.h"

#include <openssl/err.h>
#include <openssl/sslerr.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "net/one_thread.h"

namespace triloop {
namespace {

constexpr std::string_view kSpeakTls =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Content-Length: 52\r\nConnection: close\r\n\r\n"
    "400: this port speaks TLS: https:// and wss:// only\n";

}  // namespace

// What the caller still has to send.
class TlsSocket::Parts {
 public:
  Parts(const iovec* parts, std::size_t count) : next_(parts), end_(parts + count) { skip(0); }

  bool is_empty() const { return next_ == end_; }

  void skip(std::size_t bytes) {
    at_ += bytes;
    while (next_ != end_ && at_ >= next_->iov_len) {
      at_ -= next_->iov_len;
      ++next_;
    }
  }

  /// The next bytes, `most` at most: from where they are, or gathered, for a record of ten bytes
  /// before one of many would cost as much as that.
  std::string_view take(std::size_t most, std::string& gathered) {
    const std::string_view first = front(most);
    if (first.size() == most || next_ + 1 == end_) {
      skip(first.size());
      return first;
    }
    gathered.clear();
    gathered.reserve(std::min(most, bytes()));
    while (gathered.size() < most && !is_empty()) {
      const std::string_view part = front(most - gathered.size());
      gathered += part;
      skip(part.size());
    }
    return gathered;
  }

 private:
  std::size_t bytes() const {
    std::size_t sum = 0;
    for (const iovec* part = next_; part != end_; ++part) sum += part->iov_len;
    return sum - at_;
  }

  std::string_view front(std::size_t most) const {
    return {static_cast<const char*>(next_->iov_base) + at_, std::min(next_->iov_len - at_, most)};
  }

  const iovec* next_;
  const iovec* const end_;
  std::size_t at_ = 0;  // in *next_
};

TlsSocket::TlsSocket(std::unique_ptr<Socket> inner, std::shared_ptr<const TlsContext> context)
    : inner_(std::move(inner)), context_(std::move(context)), records_(*context_) {}

// -- The handshake: one thread --------------------------------------------------------------------

void TlsSocket::open(TimePoint deadline, std::error_code& error) {
  inner_->open(deadline, error);
  while (!error) {
    TlsRecords::Result result;
    {
      const MutexLock lock(mutex_);
      result = records_.shake_hands(error);
      records_.take_outgoing(encrypted_);
      if (result == TlsRecords::Result::kDone) subject_ = records_.certificate_subject();
    }
    if (result == TlsRecords::Result::kFailed) return turn_away(error, deadline);
    const bool is_sent = send_all(*inner_, encrypted_, deadline, error);
    encrypted_.clear();
    if (!is_sent || result == TlsRecords::Result::kDone) return;
    if (!receive_more(deadline, error)) return;
  }
}

void TlsSocket::turn_away(const std::error_code& why, TimePoint deadline) {
  if (ERR_GET_REASON(static_cast<unsigned int>(why.value())) == SSL_R_HTTP_REQUEST) {
    encrypted_ = kSpeakTls;  // and no alert
  }
  std::error_code ignored;
  if (!send_encrypted(ignored)) return;
  inner_->shutdown_send();
  await_leaving(*inner_, deadline);
}

// -- The reader's half ----------------------------------------------------------------------------

std::size_t TlsSocket::receive(char* buffer, std::size_t size, TimePoint deadline,
                               std::error_code& error) {
  for (;;) {
    TlsRecords::Result result;
    const std::size_t decrypted = decrypt(buffer, size, result, error);
    if (decrypted > 0 || result != TlsRecords::Result::kNeedMore) return decrypted;
    if (!receive_more(deadline, error)) return 0;
  }
}

// All that is here, record by record: as many as fit.
std::size_t TlsSocket::decrypt(char* buffer, std::size_t size, TlsRecords::Result& result,
                               std::error_code& error) {
  std::size_t total = 0;
  bool nudge = false;
  do {
    std::size_t decrypted = 0;
    const MutexLock lock(mutex_);
    result = records_.decrypt(buffer + total, size - total, decrypted, error);
    total += decrypted;
    if (records_.has_words() && !nudged_) nudge = nudged_ = true;
  } while (result == TlsRecords::Result::kDone && total < size);
  if (total > 0) error.clear();            // what was wrong behind it will be so again
  if (nudge) nudge_ ? nudge_() : flush();  // before there is a writer this thread sends
  return total;
}

// Blocks on the peer, without the lock. What came before is digested: the session says so before it
// asks for more.
bool TlsSocket::receive_more(TimePoint deadline, std::error_code& error) {
  if (last_received_ > 0) received_.fit(std::exchange(last_received_, 0));
  last_received_ = inner_->receive(received_.data(), received_.size(), deadline, error);
  if (last_received_ == 0) {
    if (!error) error = make_error_code(TlsError::kCut);
    return false;
  }
  const MutexLock lock(mutex_);
  records_.feed({received_.data(), last_received_});
  return true;
}

// -- The writer's half ----------------------------------------------------------------------------

std::size_t TlsSocket::try_send(const iovec* parts, std::size_t count, std::error_code& error) {
  error.clear();
  Parts rest(parts, count);
  rest.skip(stands_for_);  // it is encrypted already
  std::size_t taken = 0;
  for (;;) {
    if (!send_encrypted(error)) return taken;
    taken += std::exchange(stands_for_, 0);
    if (taken > 0 && rest.is_empty()) return taken;
    if (!encrypt_some(rest, error) || encrypted_.empty()) return taken;
  }
}

// Also what the reader's half has to say; with nothing left to send that alone. A lock for each
// record, so that the reader waits for one at most.
bool TlsSocket::encrypt_some(Parts& rest, std::error_code& error) {
  std::string gathered;
  bool last = false;
  do {
    std::string_view plain;
    if (!rest.is_empty()) plain = rest.take(TlsRecords::kRecordBytes, gathered);
    const MutexLock lock(mutex_);
    if (!plain.empty() && !records_.encrypt(plain, error)) {
      stands_for_ = 0;  // what is encrypted is never sent
      return false;
    }
    stands_for_ += plain.size();
    last = rest.is_empty() || stands_for_ >= kMostEncrypted;
    if (last) {
      records_.take_outgoing(encrypted_);
      nudged_ = false;
    }
  } while (!last);
  unsent_.store(encrypted_.size(), std::memory_order_release);
  return true;
}

// False if the kernel does not take all of it, or on an error.
bool TlsSocket::send_encrypted(std::error_code& error) {
  while (sent_ < encrypted_.size()) {
    const iovec part{encrypted_.data() + sent_, encrypted_.size() - sent_};
    const std::size_t sent = inner_->try_send(&part, 1, error);
    if (sent == 0) return false;
    sent_ += sent;
    unsent_.store(encrypted_.size() - sent_, std::memory_order_release);
  }
  sent_ = 0;
  encrypted_.clear();
  if (encrypted_.capacity() > kKeptBytes) std::string().swap(encrypted_);
  return true;
}

// The count of what waits is read first: what is sent meanwhile is then counted twice, and delivery
// looks less complete than it is.
Delivery TlsSocket::delivery() const {
  const std::size_t unsent = unsent_.load(std::memory_order_acquire);
  Delivery delivery = inner_->delivery();
  delivery.sent += unsent;
  const std::uint64_t before_end = before_end_.load(std::memory_order_acquire);
  if (delivery.broken && before_end > 0 && delivery.acknowledged >= before_end) {
    return {delivery.acknowledged, delivery.acknowledged};
  }
  return delivery;
}

void TlsSocket::shutdown_send() noexcept {
  if (stands_for_ > 0) return inner_->shutdown_send();
  before_end_.store(inner_->delivery().sent + encrypted_.size() - sent_, std::memory_order_release);
  {
    const MutexLock lock(mutex_);
    records_.end();
  }
  ends_ = true;
  flush();
}

void TlsSocket::flush() noexcept {
  if (stands_for_ > 0) return;  // the caller comes again with those
  std::error_code error;
  try_send(nullptr, 0, error);
  if (error) {  // nobody will take it any more
    encrypted_.clear();
    sent_ = 0;
    unsent_.store(0, std::memory_order_release);
  }
  if (encrypted_.empty() && std::exchange(ends_, false)) inner_->shutdown_send();
}

std::unique_ptr<Socket> make_tls_socket(std::unique_ptr<Socket> inner,
                                        std::shared_ptr<const TlsContext> context) {
  return std::make_unique<TlsSocket>(std::move(inner), std::move(context));
}

std::unique_ptr<Socket> make_tls_client_socket(std::unique_ptr<Socket> inner,
                                               const TlsClientOptions& options,
                                               const std::string& host) {
  return make_tls_socket(std::move(inner), std::make_shared<TlsClientContext>(options, host));
}

}  // namespace triloop
