/// TLS between the kernel's socket and the connection: two threads, one session.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/read_buffer.h"
#include "net/socket.h"
#include "net/tls.h"
#include "net/tls_records.h"
#include "triloop/sync.h"

namespace triloop {

/// A Socket that speaks TLS over another one, on the side that its context says.
///
/// A session is one object for both directions, and no two threads may be in it. A lock around it
/// that is held while the reader waits for the peer would keep the writer from sending until the
/// peer speaks. So the session works in memory, on ciphertext that others bring and fetch, and the
/// lock is held for that work alone, never across a call of `inner`:
///
///     reader:  receive ciphertext   lock [ feed it, take plaintext out ]
///     writer:                       lock [ encrypt, take ciphertext out ]   send ciphertext
///
/// The lock alone is not enough: what the reader takes in may want an answer (a KeyUpdate does, RFC
/// 8446 section 4.6.3), and records must be sent in the order in which they were encrypted, which
/// two senders could not keep. So only the writer sends. The answer waits with what is encrypted,
/// and the reader nudges the writer if it is asleep. An alert by which the reader says what was
/// wrong is lost: the connection ends at once. docs/tls.md has the wrong ways, each with the
/// schedule that breaks it.
///
/// Bytes reach the peer or do not, and try_send() must say which: so those that are encrypted count
/// as taken only when the kernel has all of their ciphertext. Nobody can take them back, and
/// therefore the caller comes again with the same ones.
///
/// Thread safety: as Socket. Memory, beside OpenSSL's: 256 bytes to 64 KiB of the reader's, as
/// traffic has it; of the writer's what the kernel did not take, 80 KiB of plaintext at most; 64
/// KiB of answers at most, then receive() fails.
class TlsSocket final : public Socket {
 public:
  TlsSocket(std::unique_ptr<Socket> inner, std::shared_ptr<const TlsContext> context);

  /// The handshake. There is no writer yet: this thread sends, too. Who is refused is told so, by
  /// an alert or, if it is a client that speaks plain HTTP, by an answer in that, and has a moment
  /// to leave.
  void open(TimePoint deadline, std::error_code& error) override;

  /// At the peer's close_notify the end; at an end of the stream without it an error: somebody on
  /// the way may have cut it.
  std::size_t receive(char* buffer, std::size_t size, TimePoint deadline,
                      std::error_code& error) override;
  void expect_waits(std::chrono::milliseconds ahead) override { inner_->expect_waits(ahead); }

  std::size_t try_send(const iovec* parts, std::size_t count, std::error_code& error) override;
  bool wait_writable(TimePoint deadline) override { return inner_->wait_writable(deadline); }

  /// In bytes of ciphertext. What is encrypted and not sent counts as not acknowledged. A peer that
  /// is gone when our close_notify comes has missed nothing if it has all that was before it.
  Delivery delivery() const override;

  /// close_notify, and behind it the end of the stream. If the kernel does not take the first, both
  /// wait for flush(). Behind an answer that was broken off there is no close_notify.
  void shutdown_send() noexcept override;
  void flush() noexcept override;
  void shutdown() noexcept override { inner_->shutdown(); }

  void nudge_with(const std::function<void()>& nudge) override { nudge_ = nudge; }
  std::string peer_address() const override { return inner_->peer_address(); }
  std::string certificate_subject() const override { return subject_; }

 private:
  class Parts;

  bool receive_more(TimePoint deadline, std::error_code& error);
  std::size_t decrypt(char* buffer, std::size_t size, TlsRecords::Result& result,
                      std::error_code& error) TRILOOP_EXCLUDES(mutex_);
  bool encrypt_some(Parts& rest, std::error_code& error) TRILOOP_EXCLUDES(mutex_);
  bool send_encrypted(std::error_code& error);
  void turn_away(const std::error_code& why, TimePoint deadline);

  // What one system call sends, if the kernel takes it: a message of 64 KiB and its head.
  static constexpr std::size_t kMostEncrypted = 5 * TlsRecords::kRecordBytes;
  // What one receives: nearly four full records, each of which has 22 bytes more (TLS 1.3). The
  // reader has a buffer of its own for their plaintext.
  static constexpr std::size_t kMostReceived = std::size_t{64} << 10;
  // The writer's memory that is kept for the next batch.
  static constexpr std::size_t kKeptBytes = std::size_t{8} << 10;

  const std::unique_ptr<Socket> inner_;
  const std::shared_ptr<const TlsContext> context_;

  // Held for work in memory only, one record long.
  mutable Mutex mutex_;
  TlsRecords records_ TRILOOP_GUARDED_BY(mutex_);
  bool nudged_ TRILOOP_GUARDED_BY(mutex_) = false;  // the writer will come

  // The reader's, and before there are two threads that one's.
  ReadBuffer received_{kMostReceived};
  std::size_t last_received_ = 0;
  std::function<void()> nudge_;
  std::string subject_;

  // The writer's, likewise.
  std::string encrypted_;
  std::size_t sent_ = 0;        // of it
  std::size_t stands_for_ = 0;  // so many of the caller's bytes, not yet said to be taken
  bool ends_ = false;           // the end of the stream comes behind it
  // Bytes of encrypted_ that are not sent. Atomic because others ask by delivery(), to which a
  // count that is a moment old does no harm: it makes delivery less complete.
  Atomic<std::size_t> unsent_{0};
  // Likewise: bytes of ciphertext up to close_notify, once that is said; 0 before.
  Atomic<std::uint64_t> before_end_{0};
};

}  // namespace triloop
