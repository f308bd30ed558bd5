#include "test_client.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "triloop/latch.h"

namespace triloop::testing {
namespace {

constexpr int kFailSafeSeconds = 30;
constexpr std::array<char, 4> kMask = {'\x37', '\xfa', '\x21', '\x3d'};

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

int open_socket(int family) {
  const int descriptor = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) fail("socket");
  const timeval fail_safe{kFailSafeSeconds, 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &fail_safe, sizeof fail_safe);
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &fail_safe, sizeof fail_safe);
  return descriptor;
}

}  // namespace

std::string client_frame(int opcode, std::string_view payload, bool fin) {
  std::string out(1, static_cast<char>((fin ? 0x80 : 0) | opcode));
  const std::size_t masked = frames_are_masked() ? 0x80 : 0;
  if (payload.size() < 126) {
    out += static_cast<char>(masked | payload.size());
  } else if (payload.size() <= 0xFFFF) {
    out += static_cast<char>(masked | 126);
    append_big_endian(out, payload.size(), 2);
  } else {
    out += static_cast<char>(masked | 127);
    append_big_endian(out, payload.size(), 8);
  }
  if (masked == 0) return out.append(payload);
  out.append(kMask.data(), kMask.size());
  for (std::size_t i = 0; i < payload.size(); ++i) {
    out += static_cast<char>(payload[i] ^ kMask[i % kMask.size()]);
  }
  return out;
}

std::string client_frame(Opcode opcode, std::string_view payload, bool fin) {
  return client_frame(static_cast<int>(opcode), payload, fin);
}

std::string client_close(std::uint16_t code, std::string_view reason) {
  std::string payload;
  append_big_endian(payload, code, 2);
  payload += reason;
  return client_frame(Opcode::close, payload);
}

std::string upgrade_request(const std::string& path, const std::string& more) {
  return "GET " + path +
         " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
         more + "\r\n";
}

std::uint16_t ServerFrame::close_code() const {
  if (payload.size() < 2) return 1005;
  return static_cast<std::uint16_t>(static_cast<unsigned char>(payload[0]) << 8 |
                                    static_cast<unsigned char>(payload[1]));
}

TestClient::TestClient(std::uint16_t port, int receive_buffer_bytes,
                       const std::function<void()>& before_connecting)
    : stream_(open_socket(AF_INET)) {
  if (receive_buffer_bytes > 0) {
    ::setsockopt(stream_.descriptor(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                 sizeof receive_buffer_bytes);
  }
  if (before_connecting) before_connecting();
  connect("127.0.0.1", port);
}

TestClient::TestClient(const std::string& address, std::uint16_t port)
    : stream_(open_socket(address.find(':') == std::string::npos ? AF_INET : AF_INET6)) {
  connect(address, port);
}

TestClient::TestClient(const std::string& path) : stream_(open_socket(AF_UNIX)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::connect(stream_.descriptor(), reinterpret_cast<const sockaddr*>(&address),
                sizeof address) != 0) {
    fail("connect");
  }
}

void TestClient::connect(const std::string& address, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    throw std::invalid_argument(address);
  }
  const int result = ::connect(stream_.descriptor(), found->ai_addr, found->ai_addrlen);
  ::freeaddrinfo(found);
  if (result != 0) fail("connect");
}

std::string TestClient::request(const std::string& bytes) {
  send(bytes);
  std::size_t end = std::string::npos;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!receive_more()) return std::exchange(received_, "");
  }
  return take(end + 4);
}

void TestClient::open(const std::string& path) {
  const std::string head = request(upgrade_request(path));
  if (head.rfind("HTTP/1.1 101 ", 0) != 0) throw std::runtime_error("no upgrade: " + head);
}

void TestClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const long sent = stream_.send(bytes);
    if (sent < 0) fail("send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::size_t TestClient::try_send(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size()) {
    const long sent = stream_.try_send(bytes.substr(taken));
    if (sent < 0 && errno != EAGAIN) fail("send");
    if (sent < 0) break;
    taken += static_cast<std::size_t>(sent);
  }
  return taken;
}

bool TestClient::receive_more() {
  std::array<char, 65536> buffer;
  std::size_t most = buffer.size();
  if (pace_ > 0) {
    most = std::clamp<std::size_t>(pace_ / 50, 1024, buffer.size());
    Latch().wait_until(read_again_);
  }
  const long size = stream_.receive(buffer.data(), most);
  if (size < 0) fail("recv");
  if (pace_ > 0) {
    const std::chrono::duration<double> takes(static_cast<double>(size) /
                                              static_cast<double>(pace_));
    read_again_ = std::max(read_again_, Clock::now() - std::chrono::milliseconds(50)) +
                  std::chrono::duration_cast<Clock::duration>(takes);
  }
  received_.append(buffer.data(), static_cast<std::size_t>(size));
  return size > 0;
}

std::string TestClient::take(std::size_t size) {
  while (received_.size() < size) {
    if (!receive_more()) throw std::runtime_error("the stream ended in the middle of a frame");
  }
  std::string taken = received_.substr(0, size);
  received_.erase(0, size);
  return taken;
}

std::optional<ServerFrame> TestClient::next_frame() {
  if (received_.empty() && !receive_more()) return std::nullopt;
  const std::string head = take(2);
  const auto first = static_cast<unsigned char>(head[0]);
  const auto second = static_cast<unsigned char>(head[1]);
  if ((second & 0x80) != 0) throw std::runtime_error("a server must not mask");
  std::uint64_t size = second & 0x7F;
  if (size >= 126) {
    const std::string extended = take(size == 126 ? 2 : 8);
    size = 0;
    for (const char c : extended) size = size << 8 | static_cast<unsigned char>(c);
  }
  return ServerFrame{(first & 0x80) != 0, first & 0x7F, take(size)};
}

std::string TestClient::next_text() {
  const auto frame = next_frame();
  if (!frame || !frame->is(Opcode::text) || !frame->fin) throw std::runtime_error("no text frame");
  return frame->payload;
}

std::vector<ServerFrame> TestClient::frames_to_end() {
  std::vector<ServerFrame> frames;
  while (auto frame = next_frame()) {
    frames.push_back(std::move(*frame));
    if (frames.back().is(Opcode::close)) answer_close();
  }
  return frames;
}

// It may be too late: then the server does not wait for it.
void TestClient::answer_close() { stream_.send(client_close(1000)); }

std::string TestClient::bytes_to_end() {
  while (receive_more()) {
  }
  return std::exchange(received_, "");
}

void TestClient::shutdown_send() { stream_.shutdown_send(); }
void TestClient::reset() { stream_.reset(); }

}  // namespace triloop::testing
