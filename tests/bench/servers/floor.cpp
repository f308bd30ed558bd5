// The floor: what three threads and two bounded queues for each connection cost by themselves. The
// same bytes and the same hand-overs as triloop's, but a length of four bytes in place of WebSocket
// and nothing to watch over: no deadlines, no heartbeat, no limits, no checks. No server of this
// design can be expected to do better.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <iostream>
#include <memory>
#include <string_view>
#include <system_error>
#include <thread>

#include "batch_queue.h"
#include "serve.h"
#include "spare_buffers.h"
#include "threads/many_threads.h"

namespace {

using bench::Batch;
using bench::BatchQueue;
using bench::SpareBuffers;

constexpr std::size_t kPrefixBytes = 4;
constexpr std::size_t kReceiveBytes = 64 << 10;
constexpr std::size_t kMostMessageBytes = std::size_t{64} << 20;
constexpr std::size_t kCopiedBytes = 2048;  // up to here a copy is cheaper than an entry in a list
constexpr std::size_t kCopyBytes = 64 << 10;
constexpr std::size_t kMostPieces = 512;
constexpr std::size_t kMostThreads = 60'000;

[[noreturn]] void fail(const char* call) {
  throw std::system_error(errno, std::system_category(), call);
}

/// Cuts the stream at its length prefixes. What is missing of a large message is received straight
/// into it, together with what follows it.
class Cutter {
 public:
  explicit Cutter(SpareBuffers& spare) : spare_(spare) {}

  /// Blocks until bytes came, and appends the messages that they complete. False at the end.
  bool receive(int socket, Batch& batch, std::size_t& batch_bytes) {
    std::array<iovec, 2> pieces = {{{message_.data() + filled_, message_.size() - filled_},
                                    {buffer_.data() + rest_, buffer_.size() - rest_}}};
    const bool is_within = filled_ < message_.size();
    const ssize_t count = is_within ? readv(socket, pieces.data(), 2)
                                    : recv(socket, pieces[1].iov_base, pieces[1].iov_len, 0);
    if (count <= 0) return false;
    auto bytes = static_cast<std::size_t>(count);
    if (is_within) {
      const std::size_t part = std::min(bytes, message_.size() - filled_);
      filled_ += part;
      bytes -= part;
      if (filled_ < message_.size()) return true;
      complete(batch, batch_bytes);
    }
    return cut(rest_ + bytes, batch, batch_bytes);
  }

 private:
  void complete(Batch& batch, std::size_t& batch_bytes) {
    batch_bytes += message_.size();
    batch.push_back(std::move(message_));
    message_.clear();
    filled_ = 0;
  }

  bool cut(std::size_t size, Batch& batch, std::size_t& batch_bytes) {
    std::string_view bytes(buffer_.data(), size);
    while (bytes.size() >= kPrefixBytes) {
      std::uint32_t length = 0;
      std::memcpy(&length, bytes.data(), sizeof length);
      length = ntohl(length);
      if (length > kMostMessageBytes) return false;
      bytes.remove_prefix(kPrefixBytes);
      filled_ = std::min<std::size_t>(length, bytes.size());
      if (length >= SpareBuffers::kLeastBytes) {
        message_ = spare_.take();  // one of this size is not filled with zeros again
        message_.resize(length);
        std::memcpy(message_.data(), bytes.data(), filled_);
      } else {
        message_.assign(bytes.data(), filled_);
        message_.resize(length);
      }
      bytes.remove_prefix(filled_);
      if (filled_ == length) {
        complete(batch, batch_bytes);
      }
    }
    rest_ = bytes.size();
    std::memmove(buffer_.data(), bytes.data(), rest_);
    return true;
  }

  SpareBuffers& spare_;
  std::array<char, kReceiveBytes> buffer_;
  std::size_t rest_ = 0;  // bytes of an incomplete prefix at the buffer's start
  std::string message_;   // incomplete, if filled_ < size
  std::size_t filled_ = 0;
};

/// Puts a batch together for one vectored send: small messages are copied next to each other, large
/// ones stay where they are.
class Gatherer {
 public:
  bool send(int socket, const Batch& batch) {
    for (const std::string& message : batch) {
      const std::size_t copied =
          kPrefixBytes + (message.size() <= kCopiedBytes ? message.size() : 0);
      const bool is_full = count_ + 2 > pieces_.size() || used_ + copied > copy_.size();
      if (is_full && !flush(socket)) return false;
      const std::uint32_t length = htonl(static_cast<std::uint32_t>(message.size()));
      append_copy({reinterpret_cast<const char*>(&length), sizeof length});
      if (message.size() <= kCopiedBytes) {
        append_copy(message);
      } else {
        pieces_[count_++] = {const_cast<char*>(message.data()), message.size()};
      }
    }
    return flush(socket);
  }

 private:
  void append_copy(std::string_view bytes) {
    char* to = copy_.data() + used_;
    std::memcpy(to, bytes.data(), bytes.size());
    used_ += bytes.size();
    iovec* last = count_ > 0 ? &pieces_[count_ - 1] : nullptr;
    if (last != nullptr && static_cast<char*>(last->iov_base) + last->iov_len == to) {
      last->iov_len += bytes.size();
    } else {
      pieces_[count_++] = {to, bytes.size()};
    }
  }

  // Blocks while the peer takes nothing.
  bool flush(int socket) {
    msghdr header{};
    header.msg_iov = pieces_.data();
    header.msg_iovlen = count_;
    while (header.msg_iovlen > 0) {
      const ssize_t count = sendmsg(socket, &header, MSG_NOSIGNAL);
      if (count < 0) return false;
      auto sent = static_cast<std::size_t>(count);
      while (header.msg_iovlen > 0 && sent >= header.msg_iov->iov_len) {
        sent -= header.msg_iov->iov_len;
        ++header.msg_iov;
        --header.msg_iovlen;
      }
      if (header.msg_iovlen > 0) {
        header.msg_iov->iov_base = static_cast<char*>(header.msg_iov->iov_base) + sent;
        header.msg_iov->iov_len -= sent;
      }
    }
    count_ = used_ = 0;
    return true;
  }

  std::array<iovec, kMostPieces> pieces_;
  std::size_t count_ = 0;
  std::array<char, kCopyBytes> copy_;
  std::size_t used_ = 0;
};

void process_loop(BatchQueue& in, BatchQueue& out) {
  Batch batch;
  std::size_t bytes = 0;
  while (in.pop(batch, bytes) && out.push(batch, bytes)) continue;
  in.close();
  out.close();
}

void write_loop(int socket, BatchQueue& out, SpareBuffers& spare) {
  const auto gatherer = std::make_unique<Gatherer>();
  Batch batch;
  std::size_t bytes = 0;
  while (out.pop(batch, bytes) && gatherer->send(socket, batch)) spare.give(batch);
  out.close();
  shutdown(socket, SHUT_RDWR);  // frees the reader
}

// Runs on the connection's reader thread.
void serve(int socket) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  BatchQueue in, out;
  SpareBuffers spare;
  std::thread processor(process_loop, std::ref(in), std::ref(out));
  std::thread writer(write_loop, socket, std::ref(out), std::ref(spare));
  const auto cutter = std::make_unique<Cutter>(spare);
  Batch batch;
  std::size_t bytes = 0;
  while (cutter->receive(socket, batch, bytes)) {
    if (batch.empty()) continue;
    if (!in.push(batch, bytes)) break;
    bytes = 0;
  }
  in.close();
  processor.join();
  writer.join();
  close(socket);
}

[[noreturn]] void accept_loop(int listener) {
  for (;;) {
    const int socket = accept(listener, nullptr, nullptr);
    if (socket >= 0) std::thread(serve, socket).detach();  // see wait_for_sigterm()
  }
}

}  // namespace

int main(int argc, char** argv) try {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(bench::arguments(argc, argv).port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  bench::block_sigterm();
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (listener < 0) fail("socket");
  if (bind(listener, plain, size) != 0) fail("bind");
  if (listen(listener, SOMAXCONN) != 0) fail("listen");
  if (getsockname(listener, plain, &size) != 0) fail("getsockname");
  bench::announce(ntohs(address.sin_port));
  triloop::reserve_futex_slots(kMostThreads);
  const triloop::BatchScheduling for_all_threads;
  std::thread(accept_loop, listener).detach();
  bench::wait_for_sigterm();
} catch (const std::exception& error) {
  std::cerr << "floor: " << error.what() << '\n';
  return 1;
}
