// What comes before the three loops: one HTTP request, read and answered on the connection's own
// thread, under one deadline, so that the accept loop never waits for a peer.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <exception>
#include <optional>

#include "net/socket.h"
#include "observe/frame_queue.h"
#include "observe/trace.h"
#include "server/admission.h"
#include "server/routes.h"
#include "triloop/connection.h"
#include "websocket/http.h"
#include "websocket/printable.h"
#include "websocket/protocol.h"
#include "websocket/wall_clock.h"

namespace triloop {
namespace {

// A request head of a browser is about half of this; a longer one takes a second receive.
constexpr std::size_t kRequestBufferBytes = 2048;

// How long a peer may take to end its side of the stream after the answer to a plain request.
constexpr std::chrono::milliseconds kLinger{1000};

// For the handshake of a peer that came when there were many others.
constexpr std::chrono::milliseconds kHurry{1000};

// What a plain request gets: a page, or an error.
std::string answer_plain(const Request& request, const Routes& routes) {
  const bool head = request.method == "HEAD";
  const auto page = routes.pages.find(request.path);
  if (page == routes.pages.end()) throw HttpError(404, "there is nothing at this path");
  if (request.method != "GET" && !head) {
    throw HttpError(405, "only GET and HEAD", {{"Allow", "GET, HEAD"}});
  }
  const trace::Slice making("making the page");
  const Response response = page->second(request);
  return http_response(response, !head, wall_clock());
}

std::string answer_error(const HttpError& error, const Request& request) {
  Response response;
  response.status = error.status();
  response.body = std::to_string(error.status()) + ": " + error.what() + "\n";
  response.headers = error.headers();
  return http_response(response, request.method != "HEAD", wall_clock());
}

// Does `text` match `pattern`, in which `*` stands for any characters, also none? Letters without
// regard to case: scheme and host of an origin have none (RFC 6454 section 4).
bool matches(std::string_view text, std::string_view pattern) {
  std::size_t at = 0, in = 0;
  std::size_t star = std::string_view::npos, after_star = 0;
  while (at < text.size()) {
    if (in < pattern.size() && pattern[in] == '*') {
      star = in++;
      after_star = at;
    } else if (in < pattern.size() && std::tolower(static_cast<unsigned char>(pattern[in])) ==
                                          std::tolower(static_cast<unsigned char>(text[at]))) {
      ++in, ++at;
    } else if (star != std::string_view::npos) {
      in = star + 1;
      at = ++after_star;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', in) == std::string_view::npos;
}

bool is_allowed(std::string_view origin, const std::vector<std::string>& patterns) {
  return patterns.empty() ||
         std::any_of(patterns.begin(), patterns.end(),
                     [&](const auto& pattern) { return matches(origin, pattern); });
}

// The server's favourite among those that the peer offers; empty if there is none.
std::string choose_subprotocol(const Request& request, const std::vector<std::string>& known) {
  const std::string offered = request.header("Sec-WebSocket-Protocol");
  for (const std::string& name : known) {
    if (list_contains(offered, name)) return name;
  }
  return {};
}

// Of a request that is none the method is kept, so that the answer to HEAD has no body.
bool consume(RequestParser& parser, Bytes& bytes, Request& request) {
  try {
    return parser.consume(bytes);
  } catch (const HttpError&) {
    request.method = parser.method();
    throw;
  }
}

// What begins so is a ClientHello (RFC 8446 section 5.1), and no method of HTTP.
bool is_tls(const Bytes& first) {
  constexpr std::string_view kBeginning = "\x16\x03";
  const std::string_view bytes(first.data, std::min(first.size, kBeginning.size()));
  return bytes == kBeginning.substr(0, bytes.size());
}

}  // namespace

// True if the connection is a WebSocket from now on.
bool Connection::handshake() {
  const trace::Slice slice("handshake");
  const bool in_a_hurry = place_ != nullptr && place_->in_a_hurry();
  const auto timeout = options_.handshake_timeout;
  const TimePoint deadline = Clock::now() + (in_a_hurry ? std::min(kHurry, timeout) : timeout);
  std::string bytes;
  try {
    if (!receive_request(deadline)) return false;
    bytes = respond();
  } catch (const HttpError& error) {
    bytes = answer_error(error, request_);
  } catch (const std::exception& error) {
    spdlog::error("[{}] {}: {}", id_, printable(request_.path), printable(error.what()));
    bytes = answer_error(HttpError(500, "this page failed"), request_);
  } catch (...) {
    spdlog::error("[{}] {}: no std::exception", id_, printable(request_.path));
    bytes = answer_error(HttpError(500, "this page failed"), request_);
  }
  if (!answer(bytes, deadline)) return false;
  if (processor_ == nullptr) linger(deadline);
  return processor_ != nullptr;
}

// The answer to the request. Sets processor_ if it is an upgrade. Throws HttpError.
std::string Connection::respond() {
  const Routes::WebSocket* const route = routes_.find(request_.path, request_.rest);
  if (route == nullptr) return answer_plain(request_, routes_);
  if (route->options) use(*route->options);
  protocol_ = std::make_unique<WsProtocol>(path_options_->max_message_bytes);
  const auto origin = request_.headers.find("Origin");
  if (origin != request_.headers.end() &&
      !is_allowed(origin->second, path_options_->allowed_origins)) {
    throw HttpError(403, "this origin may not connect");
  }
  if (route->check) {
    const std::optional<Response> refusal = route->check(request_);
    if (refusal) return http_response(*refusal, request_.method != "HEAD", wall_clock());
  }
  subprotocol_ = choose_subprotocol(request_, route->subprotocols);
  std::string extensions;
  if (path_options_->compress) {
    if (const auto agreed = choose_deflate(request_.header("Sec-WebSocket-Extensions"))) {
      protocol_->use_deflate(*agreed);
      extensions = to_header(*agreed);
    }
  }
  std::string response = upgrade_response(request_, subprotocol_, extensions);
  if (place_ != nullptr && !place_->enter()) {
    throw HttpError(503, "too many connections", {{"Retry-After", "1"}});
  }
  processor_ = &route->processor;
  return response;
}

// What the path has of its own. Before the other two threads begin.
void Connection::use(const PathOptions& options) {
  path_options_ = &options;
  in_queue_->set_bounds({options.queue_messages, options.queue_bytes});
  out_queue_->set_bounds({options.queue_messages, options.queue_bytes});
}

// False if the peer left, was too slow, or speaks TLS, or if the server stopped meanwhile.
bool Connection::receive_request(TimePoint deadline) {
  const trace::Slice receiving("receiving the request");
  RequestParser parser;
  std::array<char, kRequestBufferBytes> buffer;
  Bytes bytes;
  do {
    std::error_code error;
    const std::size_t size = socket_->receive(buffer.data(), buffer.size(), deadline, error);
    if (size == 0) {
      spdlog::debug("[{}] {}: no request: {}", id_, peer_address_,
                    error == std::errc::operation_would_block ? "it is too slow"
                    : error                                   ? error.message()
                                                              : "the stream ended");
      return false;
    }
    bytes = {buffer.data(), size};
    if (parser.method().empty() && is_tls(bytes)) {
      spdlog::debug("[{}] {}: speaks TLS, which is not spoken here", id_, peer_address_);
      return false;
    }
  } while (!consume(parser, bytes, request_));
  request_ = parser.request();
  request_.peer_address = peer_address_;
  early_bytes_.assign(bytes.data, bytes.size);
  const MutexLock lock(mutex_);
  phase_ = Phase::answering;
  return true;
}

// Sends the answer. No other thread of this connection exists yet, so this is the only sender.
bool Connection::answer(std::string_view bytes, TimePoint deadline) {
  const trace::Slice answering("answering");
  while (!bytes.empty()) {
    std::error_code error;
    const iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    bytes.remove_prefix(socket_->try_send(&part, 1, error));
    if (error || (!bytes.empty() && !socket_->wait_writable(deadline))) return false;
  }
  return true;
}

// Ends the stream after an answer that was the last, and waits a moment for the peer to do so too:
// closing while it still sends would make TCP reset the connection, and the reset may overtake the
// answer. Not when many others already take that moment.
void Connection::linger(TimePoint deadline) {
  const trace::Slice lingering("waiting for the peer to leave");
  socket_->shutdown_send();
  if (place_ != nullptr && !place_->leave()) return;
  const TimePoint patience = std::min(deadline, Clock::now() + kLinger);
  std::array<char, kRequestBufferBytes> ignored;
  std::error_code error;
  while (Clock::now() < patience &&
         socket_->receive(ignored.data(), ignored.size(), patience, error) > 0) {
  }
}

}  // namespace triloop
