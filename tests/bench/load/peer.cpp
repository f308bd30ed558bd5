#include "peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <stdexcept>
#include <system_error>

#include "handshake.h"

namespace load {
namespace {

constexpr std::string_view kHeartbeat = "heartbeat from server";
constexpr std::string_view kJoined = "joined";  // what each server tells who is in its room
constexpr std::string_view kNormalClosure = "\x03\xe8";  // 1000
constexpr std::size_t kMostEncrypted = 128 << 10;        // before it is sent

[[noreturn]] void fail(const char* call, int error) {
  throw std::system_error(error, std::system_category(), call);
}

}  // namespace

Peer::Peer(EventLoop& loop, const Traffic& traffic, PeerListener& listener,
           std::size_t first_message, Hears hears)
    : loop_(loop),
      traffic_(traffic),
      listener_(listener),
      hears_(hears),
      next_sent_(first_message % traffic.cycle()),
      sent_(traffic.in_flight()),
      next_echo_(next_sent_) {}

Peer::~Peer() { close_socket(); }

void Peer::connect(std::uint16_t port) {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) fail("socket", errno);
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (const int bytes = static_cast<int>(loop_.socket_buffer()); bytes > 0) {
    setsockopt(socket_, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      errno != EINPROGRESS) {
    fail("connect", errno);
  }
  state_ = State::kConnecting;
  watched_ = EPOLLOUT;
  loop_.add(socket_, watched_, *this);
}

void Peer::connected() {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) fail("connect", error);
  if (traffic_.framing() == Framing::kLengthPrefix) {
    state_ = State::kOpen;
    watch();
    listener_.on_open(*this);
    return;
  }
  if (traffic_.is_over_tls()) tls_.emplace();
  state_ = State::kUpgrading;
  control_ = request_for(traffic_);
  flush();
}

void Peer::post(std::uint64_t count) {
  const Nanoseconds time = now();
  for (std::uint64_t i = 0; i < count; ++i) sent_[posted_++ % sent_.size()] = time;
  unsent_ += count;
  flush();
}

void Peer::flood_unread() {
  reads_ = false;
  unsent_ = std::numeric_limits<std::uint32_t>::max();
  flush();
}

void Peer::begin_drain() {
  state_ = State::kClosing;
  control_ += control_frame(opcode::kClose, kNormalClosure);
  flush();
}

void Peer::on_events(std::uint32_t epoll_events) {
  if (state_ == State::kConnecting) {
    connected();
    return;
  }
  if (!reads_ && (epoll_events & (EPOLLHUP | EPOLLERR)) != 0) {
    ended();
    return;
  }
  if ((epoll_events & EPOLLOUT) != 0) {
    is_blocked_ = false;
    flush();
  }
  if (reads_ && (epoll_events & ~EPOLLOUT) != 0) receive();
}

void Peer::receive() {
  std::vector<char>& buffer = loop_.receive_buffer();
  std::copy(rest_.begin(), rest_.end(), buffer.begin());
  char* const behind = buffer.data() + rest_.size();
  const ssize_t count = recv(socket_, behind, loop_.receive_bytes(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count < 0 && state_ != State::kClosing) fail("recv", errno);
  if (count <= 0) {
    ended();
    return;
  }
  auto size = static_cast<std::size_t>(count);
  if (tls_) size = tls_->decrypt({behind, size}, behind, buffer.size() - rest_.size());
  received_at_ = now();
  std::string_view bytes(buffer.data(), rest_.size() + size);
  const std::uint64_t before = echoed_;
  if (state_ == State::kUpgrading) bytes.remove_prefix(take_response(bytes));
  if (state_ != State::kUpgrading) bytes.remove_prefix(take_frames(bytes));
  rest_.assign(bytes);
  if (echoed_ > before) listener_.after_echoes(*this, echoed_ - before);
  if (!control_.empty()) flush();
}

void Peer::ended() {
  if (state_ != State::kClosing && reads_) {
    throw std::runtime_error(state_ == State::kUpgrading ? "the server ended the handshake"
                                                         : "the server ended the connection");
  }
  close_socket();
  listener_.on_closed(*this);
}

void Peer::close_socket() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
  state_ = State::kClosed;
  is_blocked_ = false;
  control_.clear();
  rest_.clear();
  inflater_.reset();
  tls_.reset();
  unsent_ = begun_bytes_ = large_left_ = 0;
  posted_ = echoed_;
  next_sent_ = next_echo_;
}

std::size_t Peer::take_response(std::string_view bytes) {
  const auto agreed = load::take_response(traffic_, bytes);
  if (!agreed) return 0;
  if (traffic_.is_compressed()) inflater_.emplace(agreed->carries_over);
  state_ = State::kOpen;
  watch();
  listener_.on_open(*this);
  return agreed->head_bytes;
}

std::size_t Peer::take_frames(std::string_view bytes) {
  const std::size_t size = bytes.size();
  while (!bytes.empty()) {
    if (large_left_ > 0) {
      const std::size_t part = std::min<std::uint64_t>(large_left_, bytes.size());
      if (traffic_.is_by_message() &&
          !traffic_.is_part_of(next_echo_, traffic_.payload_bytes() - large_left_,
                               bytes.substr(0, part))) {
        throw std::runtime_error("a wrong echo: other bytes than were sent");
      }
      bytes.remove_prefix(part);
      large_left_ -= part;
      if (large_left_ == 0) count_echo();
      continue;
    }
    const auto head = parse_head(traffic_.framing(), bytes);
    if (!head) break;
    if (!head->is_plain)
      throw std::runtime_error("a fragment, or a frame that a client would send");
    if (!is_looked_at_whole(*head)) {
      check_head(*head);
      large_left_ = head->payload_bytes;
      bytes.remove_prefix(head->head_bytes);
      continue;
    }
    if (bytes.size() < head->head_bytes + head->payload_bytes) break;
    take_whole(*head, bytes.substr(head->head_bytes, head->payload_bytes));
    bytes.remove_prefix(head->head_bytes + head->payload_bytes);
  }
  return size - bytes.size();
}

bool Peer::is_looked_at_whole(const FrameHead& head) const {
  if (!head.is_compressed) return head.payload_bytes <= kMostCheckedBytes;
  // Deflate makes nothing larger by more than this.
  constexpr std::size_t kMostAdded = 1024;
  if (!inflater_ || head.payload_bytes > traffic_.payload_bytes() + kMostAdded) {
    throw std::runtime_error("a wrong echo: compressed as nobody asked for");
  }
  return true;
}

// Of a frame that is not compressed.
void Peer::check_head(const FrameHead& head) const {
  if (hears_ == Hears::kItself && unanswered() == 0) {
    throw std::runtime_error("a message that answers none");
  }
  if (head.opcode != traffic_.opcode() || head.payload_bytes != traffic_.payload_bytes()) {
    throw std::runtime_error("a wrong echo: opcode " + std::to_string(head.opcode) + " with " +
                             std::to_string(head.payload_bytes) + " bytes");
  }
}

void Peer::take_whole(const FrameHead& head, std::string_view payload) {
  if (head.opcode == opcode::kPing) {
    control_ += control_frame(opcode::kPong, payload);
  } else if (head.opcode == opcode::kClose) {
    if (state_ != State::kClosing) throw std::runtime_error("the server closed the connection");
  } else if (head.opcode != opcode::kPong) {
    take_echo(head, payload);
  }
}

void Peer::take_echo(const FrameHead& head, std::string_view payload) {
  FrameHead expanded = head;
  if (head.is_compressed) {
    payload = inflater_->expand(payload, std::max(traffic_.payload_bytes(), kHeartbeat.size()));
    expanded.payload_bytes = payload.size();
  }
  if (head.opcode == opcode::kText && payload == kHeartbeat) return;
  if (hears_ == Hears::kTheRoom && head.opcode == opcode::kText && payload == kJoined) {
    listener_.on_joined(*this);
    return;
  }
  check_head(expanded);
  if (!traffic_.is_echo_of(next_echo_, payload)) {
    throw std::runtime_error("a wrong echo: other bytes than were sent");
  }
  count_echo();
}

void Peer::count_echo() {
  const Nanoseconds sent = sent_[echoed_++ % sent_.size()];
  next_echo_ = (next_echo_ + 1) % traffic_.cycle();
  listener_.on_echo(*this, sent, received_at_);
}

// With TLS a message is sent as soon as it is encrypted, and no other is before the kernel has
// that.
void Peer::flush() {
  while (!is_blocked_) {
    const std::string_view records = tls_ ? tls_->outgoing() : std::string_view();
    const std::string_view bytes = records.empty() ? next_to_send() : records;
    if (bytes.empty()) break;
    std::size_t sent = 0;
    if (!records.empty()) {
      if (!send_some(records, sent)) break;
      tls_->mark_sent(sent);
    } else if (!tls_) {
      if (!send_some(bytes, sent)) break;
      mark_sent(sent);
    } else if (tls_->encrypt(bytes.substr(0, kMostEncrypted))) {
      mark_sent(std::min(bytes.size(), kMostEncrypted));
    } else if (tls_->outgoing().empty()) {
      break;  // until the server has said more of the handshake
    }
  }
  watch();
}

// False if nothing can be sent: it is blocked, or is over.
bool Peer::send_some(std::string_view bytes, std::size_t& sent) {
  for (;;) {
    const ssize_t count = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      sent = static_cast<std::size_t>(count);
      return true;
    }
    if (errno == EINTR) continue;
    is_blocked_ = errno == EAGAIN;
    if (!is_blocked_ && reads_) fail("send", errno);
    return false;  // or cut off; epoll reports it
  }
}

std::string_view Peer::next_to_send() {
  if (control_.empty()) return next_frames(unsent_);
  if (begun_bytes_ == 0) return control_;
  return next_frames(1);
}

std::string_view Peer::next_frames(std::uint64_t count) {
  if (!traffic_.is_by_message()) return traffic_.frames(next_sent_, begun_bytes_, count);
  if (count == 0) return {};
  if (begun_bytes_ == 0) traffic_.make_frame(next_sent_, made_);
  return std::string_view(made_).substr(begun_bytes_);
}

void Peer::mark_sent(std::size_t bytes) {
  if (!control_.empty() && begun_bytes_ == 0) {
    control_.erase(0, bytes);
    return;
  }
  begun_bytes_ += bytes;
  while (begun_bytes_ >= traffic_.frame_bytes(next_sent_)) {
    begun_bytes_ -= traffic_.frame_bytes(next_sent_);
    next_sent_ = (next_sent_ + 1) % traffic_.cycle();
    --unsent_;
  }
}

void Peer::watch() {
  const std::uint32_t wanted =
      (reads_ ? std::uint32_t{EPOLLIN} : 0) | (is_blocked_ ? std::uint32_t{EPOLLOUT} : 0);
  if (wanted == watched_ || socket_ < 0) return;
  watched_ = wanted;
  loop_.change(socket_, watched_, *this);
}

}  // namespace load
