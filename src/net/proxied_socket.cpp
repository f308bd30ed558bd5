#include "net/proxied_socket.h"

#include <algorithm>
#include <array>
#include <utility>

#include "net/proxy_header.h"

namespace triloop {
namespace {

// For one receive() at a time. A header with nothing behind its addresses has 52 bytes at most.
constexpr std::size_t kPieceBytes = 256;

class ProxiedSocket final : public Socket {
 public:
  explicit ProxiedSocket(std::unique_ptr<Socket> inner) : inner_(std::move(inner)) {}

  void open(TimePoint deadline, std::error_code& error) override {
    inner_->open(deadline, error);
    if (!error) receive_header(deadline, error);
  }

  std::size_t receive(char* buffer, std::size_t size, TimePoint deadline,
                      std::error_code& error) override {
    return inner_->receive(buffer, size, deadline, error);
  }
  void expect_waits(std::chrono::milliseconds ahead) override { inner_->expect_waits(ahead); }
  std::size_t try_send(const iovec* parts, std::size_t count, std::error_code& error) override {
    return inner_->try_send(parts, count, error);
  }
  void flush() noexcept override { inner_->flush(); }
  void nudge_with(const std::function<void()>& nudge) override { inner_->nudge_with(nudge); }
  bool wait_writable(TimePoint deadline) override { return inner_->wait_writable(deadline); }
  Delivery delivery() const override { return inner_->delivery(); }
  void shutdown_send() noexcept override { inner_->shutdown_send(); }
  void shutdown() noexcept override { inner_->shutdown(); }
  std::string certificate_subject() const override { return inner_->certificate_subject(); }
  std::string peer_address() const override {
    return source_.empty() ? inner_->peer_address() : source_;
  }

 private:
  void receive_header(TimePoint deadline, std::error_code& error) {
    ProxyHeader header;
    std::array<char, kPieceBytes> piece;
    while (header.wants() > 0) {
      const std::size_t wanted = std::min(header.wants(), piece.size());
      const std::size_t size = inner_->receive(piece.data(), wanted, deadline, error);
      if (size == 0) {
        if (!error) error = ProxyHeaderError::cut_off;
        if (error == std::errc::operation_would_block) error = ProxyHeaderError::too_slow;
        return;
      }
      header.consume({piece.data(), size}, error);
      if (error) return;
    }
    source_ = header.source();
  }

  const std::unique_ptr<Socket> inner_;
  std::string source_;  // set by open(), before any other thread has this
};

}  // namespace

std::unique_ptr<Socket> make_proxied_socket(std::unique_ptr<Socket> inner) {
  return std::make_unique<ProxiedSocket>(std::move(inner));
}

}  // namespace triloop
