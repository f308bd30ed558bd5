#include "client/opening.h"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include "net/deadline.h"
#include "net/one_thread.h"
#include "observe/trace.h"
#include "triloop/connect_error.h"
#include "websocket/deflate_client.h"

namespace triloop {
namespace {

constexpr std::size_t kBufferBytes = 2048;

// Of what a refusal says: enough to show a person.
constexpr std::size_t kMostOfBody = 1024;
constexpr std::chrono::milliseconds kForBody{1000};

// Why receive() has brought nothing.
[[noreturn]] void no_answer(const std::error_code& error) {
  if (error == std::errc::operation_would_block) {
    throw std::system_error(std::make_error_code(std::errc::timed_out), "no answer to the upgrade");
  }
  if (error) throw std::system_error(error, "no answer to the upgrade");
  throw std::system_error(std::make_error_code(std::errc::connection_aborted),
                          "the stream ended before an answer");
}

// As the connection's request() shows it.
Request as_request(const UpgradeOffer& offer) {
  Request request;
  request.method = "GET";
  request.version = "HTTP/1.1";
  const std::size_t mark = std::min(offer.target.find('?'), offer.target.size());
  request.path = offer.target.substr(0, mark);
  if (mark < offer.target.size()) request.query = offer.target.substr(mark + 1);
  request.headers["Host"] = offer.host;
  for (const auto& [name, value] : offer.headers) request.headers[name] = value;
  return request;
}

std::string header_of(const Answer& answer, const char* name) {
  const auto found = answer.headers.find(name);
  return found == answer.headers.end() ? std::string() : found->second;
}

}  // namespace

Opening::Opening(Socket& socket, const Url& url, const ClientOptions& options)
    : socket_(socket),
      url_(url),
      options_(options),
      deadline_(deadline_in(options.handshake_timeout)),
      buffer_(kBufferBytes, '\0') {}

std::unique_ptr<Upgrade> Opening::shake_hands() {
  const trace::Slice slice("handshake");
  constexpr int kSwitchingProtocols = 101;
  std::error_code error;
  socket_.open(deadline_, error);
  if (error) throw std::system_error(error, "cannot open the stream");
  offer_ = {url_.authority, url_.target, new_key(), options_.subprotocols, {}, options_.headers};
  if (options_.compress) offer_.extensions = deflate_offer(options_.compress_window);
  send(upgrade_request(offer_));
  Answer answer = receive_answer();
  if (answer.status != kSwitchingProtocols) {
    std::string body = receive_body(answer);
    throw ConnectError(answer.status, std::move(answer.headers), std::move(body));
  }
  check_answer(answer, offer_);
  const std::string extensions = header_of(answer, "Sec-WebSocket-Extensions");
  if (!options_.compress && !extensions.empty()) {
    throw ConnectError("the server chose an extension, and none was offered");
  }
  auto upgrade = std::make_unique<Upgrade>();
  upgrade->request = as_request(offer_);
  upgrade->request.peer_address = socket_.peer_address();
  upgrade->subprotocol = header_of(answer, "Sec-WebSocket-Protocol");
  upgrade->deflate = accept_deflate(extensions, options_.compress_window);
  if (upgrade->deflate) upgrade->deflate->level = options_.compress_level;
  upgrade->early_bytes.assign(rest_.data, rest_.size);
  upgrade->role = Role::client;
  upgrade->write_timeout = options_.write_timeout;
  upgrade->options = &options_;
  return upgrade;
}

void Opening::send(std::string_view bytes) {
  std::error_code error;
  if (send_all(socket_, bytes, deadline_, error)) return;
  if (error == std::errc::operation_would_block) no_answer(error);
  throw std::system_error(error, "cannot send the request");
}

Bytes Opening::receive(TimePoint deadline) {
  std::error_code error;
  const std::size_t size = socket_.receive(buffer_.data(), buffer_.size(), deadline, error);
  if (error) no_answer(error);
  return {buffer_.data(), size};
}

Answer Opening::receive_answer() {
  AnswerParser parser;
  for (;;) {
    rest_ = receive(deadline_);
    if (rest_.size == 0) no_answer({});
    if (auto answer = parser.consume(rest_)) return std::move(*answer);
  }
}

// As much of it as comes in a moment. Whatever goes wrong: the status says more.
std::string Opening::receive_body(const Answer& refusal) {
  std::string body(rest_.data, rest_.size);
  const std::string length = header_of(refusal, "Content-Length");
  const bool known = !length.empty() && length.size() < 10 &&
                     length.find_first_not_of("0123456789") == std::string::npos;
  const std::size_t most =
      known ? std::min<std::size_t>(std::stoul(length), kMostOfBody) : kMostOfBody;
  const TimePoint patience = std::min(deadline_, deadline_in(kForBody));
  try {
    while (body.size() < most && Clock::now() < patience) {
      const Bytes more = receive(patience);
      if (more.size == 0) break;
      body.append(more.data, more.size);
    }
  } catch (const std::system_error&) {
  }
  body.resize(std::min(body.size(), most));
  return body;
}

}  // namespace triloop
