/// A WebSocket client of a few lines, for programs that have nothing but triloop.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>
#include <string>

/// Connects to /ws on this machine, sends `text` (at most 125 bytes), and returns the first message
/// that has it in it. Throws if none comes within 10 s.
inline std::string ask(std::uint16_t port, const std::string& text) {
  const auto demand = [](bool good, const char* what) {
    if (!good) throw std::runtime_error(what);
  };
  struct Descriptor {
    int number;
    ~Descriptor() { ::close(number); }
  } socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const timeval patience{10, 0};
  ::setsockopt(socket.number, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
  demand(::connect(socket.number, generic, sizeof address) == 0, "cannot connect");

  std::string received;
  const auto need = [&](std::size_t size) {
    char buffer[4096];
    while (received.size() < size) {
      const ssize_t got = ::recv(socket.number, buffer, sizeof buffer, 0);
      demand(got > 0, "the server has no more to say");
      received.append(buffer, static_cast<std::size_t>(got));
    }
  };
  // The frame is text, final, masked with zeros.
  const std::string request =
      "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  std::string frame = {'\x81', static_cast<char>(0x80 | text.size()), 0, 0, 0, 0};
  frame = request + frame + text;
  demand(::send(socket.number, frame.data(), frame.size(), MSG_NOSIGNAL) ==
             static_cast<ssize_t>(frame.size()),
         "cannot send");
  while (received.find("\r\n\r\n") == std::string::npos) need(received.size() + 1);
  demand(received.compare(0, 12, "HTTP/1.1 101") == 0, "no upgrade");
  received.erase(0, received.find("\r\n\r\n") + 4);
  for (;;) {
    need(2);
    const std::size_t size = static_cast<unsigned char>(received[1]);
    demand(size < 126, "a longer message than this client knows");
    need(2 + size);
    const std::string message = received.substr(2, size);
    received.erase(0, 2 + size);
    if (message.find(text) != std::string::npos) return message;
  }
}
