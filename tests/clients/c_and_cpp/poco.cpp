// POCO's WebSocket: a thread that sends beside the one that receives, and answers pings and Closes
// itself.
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Net/WebSocket.h>
#include <Poco/URI.h>

#include <mutex>
#include <thread>

#include "records.h"

using namespace Poco::Net;

std::mutex sending;

void send(WebSocket& socket, const std::string& data, int flags) {
  const std::lock_guard<std::mutex> lock(sending);
  socket.sendFrame(data.data(), static_cast<int>(data.size()), flags);
}

void send_all(WebSocket& socket) try {
  if (asked("WS_PING"))
    send(socket, setting("WS_PING"), WebSocket::FRAME_FLAG_FIN | WebSocket::FRAME_OP_PING);
  for (const auto& [text, data] : messages()) {
    const std::size_t most = number("WS_FRAGMENT", INT_MAX);
    int opcode = text ? WebSocket::FRAME_OP_TEXT : WebSocket::FRAME_OP_BINARY;
    std::size_t at = 0;
    for (; data.size() - at > most; at += most, opcode = WebSocket::FRAME_OP_CONT) {
      send(socket, data.substr(at, most), opcode | WebSocket::FRAME_OP_SETRAW);
    }
    send(socket, data.substr(at), WebSocket::FRAME_FLAG_FIN | opcode | WebSocket::FRAME_OP_SETRAW);
  }
} catch (const Poco::Exception& error) {
  say("failed " + error.displayText());
}

void close(WebSocket& socket) {
  const std::lock_guard<std::mutex> lock(sending);
  if (asked("WS_CLOSE_CODE"))
    return void(socket.shutdown(number("WS_CLOSE_CODE", 0), setting("WS_CLOSE_REASON")));
  socket.sendFrame("", 0, WebSocket::FRAME_FLAG_FIN | WebSocket::FRAME_OP_CLOSE);
}

void receive(WebSocket& socket) {
  std::string message;
  bool text = false;
  for (int left = to_come(), flags = 0; left > -1;) {
    Poco::Buffer<char> frame(0);
    if (socket.receiveFrame(frame, flags) == 0 && flags == 0)
      return say("failed the connection ended");
    const std::string data(frame.begin(), frame.size());
    const int opcode = flags & WebSocket::FRAME_OP_BITMASK;
    if (opcode == WebSocket::FRAME_OP_CLOSE) {
      if (left > 0)
        send(socket, data.substr(0, 2), WebSocket::FRAME_FLAG_FIN | WebSocket::FRAME_OP_CLOSE);
      if (data.size() < 2) return say("closed 1005 -");
      const int code =
          static_cast<unsigned char>(data[0]) << 8 | static_cast<unsigned char>(data[1]);
      return say("closed " + std::to_string(code) + " - " + data.substr(2));
    }
    if (opcode == WebSocket::FRAME_OP_PING) {
      send(socket, data, WebSocket::FRAME_FLAG_FIN | WebSocket::FRAME_OP_PONG);
      continue;
    }
    if (opcode == WebSocket::FRAME_OP_PONG) {
      say("pong " + data);
    } else {
      if (opcode != WebSocket::FRAME_OP_CONT) text = opcode == WebSocket::FRAME_OP_TEXT;
      message += data;
      if ((flags & WebSocket::FRAME_FLAG_FIN) == 0) continue;
      heard(text, std::exchange(message, ""));
    }
    if (--left == 0) close(socket);
  }
}

int main(int, char** argv) try {
  const Poco::URI url(argv[1]);
  Context::Ptr tls =
      new Context(Context::CLIENT_USE, setting("WS_CA"), Context::VERIFY_STRICT, 9, true);
  HTTPClientSession plain(url.getHost(), url.getPort());
  HTTPSClientSession secure(url.getHost(), url.getPort(), tls);
  HTTPRequest request(HTTPRequest::HTTP_GET, url.getPathAndQuery(), HTTPMessage::HTTP_1_1);
  for (const auto& [name, value] : headers()) request.set(name, value);
  if (asked("WS_ORIGIN")) request.set("Origin", setting("WS_ORIGIN"));
  if (asked("WS_PROTOCOLS")) request.set("Sec-WebSocket-Protocol", setting("WS_PROTOCOLS"));
  HTTPResponse response;
  WebSocket socket(url.getScheme() == "wss" ? secure : plain, request, response);
  say("open " + response.get("Sec-WebSocket-Protocol", ""));
  std::thread sender(send_all, std::ref(socket));
  receive(socket);
  sender.join();
} catch (const Poco::Exception& error) {
  say("failed " + error.displayText());
  std::_Exit(0);  // the sender may still run
}
