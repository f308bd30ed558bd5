#include "server/handshake.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>

#include "net/deadline.h"
#include "net/one_thread.h"
#include "observe/trace.h"
#include "server/admission.h"
#include "server/forwarded.h"
#include "server/routes.h"
#include "websocket/http.h"
#include "websocket/http_text.h"
#include "websocket/printable.h"
#include "websocket/wall_clock.h"

namespace triloop {
namespace {

// A request head of a browser is about half of this; a longer one takes a second receive.
constexpr std::size_t kRequestBufferBytes = 2048;

// For the handshake of a peer that came when there were many others.
constexpr std::chrono::milliseconds kHurry{1000};

// What a plain request gets: a page, or an error.
std::string answer_plain(Request& request, const Routes& routes) {
  const bool head = request.method == "HEAD";
  const Page* const page = routes.find_page(request.path, request.rest);
  if (page == nullptr) throw HttpError(404, "there is nothing at this path");
  if (request.method != "GET" && !head) {
    throw HttpError(405, "only GET and HEAD", {{"Allow", "GET, HEAD"}});
  }
  const trace::Slice making("making the page");
  const Response response = (*page)(request);
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

// Of the handshakes that an address may have for now, this is one: an upgrade of any outcome, since
// each may ask a database. A page is none: one look at it is twenty requests. Throws HttpError.
void take_token(const AddressLimits::Seat& of_address, const std::string& peer) {
  const std::chrono::seconds wait = of_address.take_token(peer, Clock::now());
  if (wait.count() == 0) return;
  throw HttpError(429, "too many handshakes from this address",
                  {{"Retry-After", std::to_string(wait.count())}});
}

TimePoint deadline_of(std::chrono::milliseconds timeout, const Place* place) {
  const bool in_a_hurry = place != nullptr && place->in_a_hurry();
  return Clock::now() + (in_a_hurry ? std::min(kHurry, timeout) : timeout);
}

// What begins so is a ClientHello (RFC 8446 section 5.1), and no method of HTTP.
bool is_tls(const Bytes& first) {
  constexpr std::string_view kBeginning = "\x16\x03";
  const std::string_view bytes(first.data, std::min(first.size, kBeginning.size()));
  return bytes == kBeginning.substr(0, bytes.size());
}

}  // namespace

Handshake::Handshake(std::uint64_t id, Socket& socket, const Routes& routes, const Options& options,
                     Place* place)
    : id_(id),
      socket_(socket),
      routes_(routes),
      options_(options),
      place_(place),
      deadline_(deadline_of(options.handshake_timeout, place)),
      accepted_from_(socket.peer_address()) {
  upgrade_->request.peer_address = accepted_from_;
}

bool Handshake::open() {
  std::error_code error;
  socket_.open(deadline_, error);
  upgrade_->request.peer_address = socket_.peer_address();
  upgrade_->request.client_certificate_subject = socket_.certificate_subject();
  if (error) no_request(error);
  return !error;
}

bool Handshake::receive_request() {
  const trace::Slice receiving("receiving the request");
  std::error_code error;
  RequestParser parser;
  // Not on the stack: half a page of it would stay with the connection.
  const std::unique_ptr<char[]> buffer(new char[kRequestBufferBytes]);
  const std::string& peer = upgrade_->request.peer_address;
  for (;;) {
    const std::size_t size = socket_.receive(buffer.get(), kRequestBufferBytes, deadline_, error);
    if (size == 0) {
      no_request(error);
      return false;
    }
    Bytes bytes{buffer.get(), size};
    if (parser.method().empty() && is_tls(bytes)) {
      spdlog::debug("[{}] {}: speaks TLS, which is not spoken here", id_, peer);
      return false;
    }
    try {
      if (!parser.consume(bytes)) continue;
    } catch (const HttpError& what) {
      upgrade_->request.method = parser.method();  // the answer to HEAD has no body
      refusal_ = refuse(what);
      return true;
    }
    Request request = parser.take_request();
    request.peer_address = peer;
    if (routes_.trust.proxy_protocol.contains(accepted_from_)) {
      request.passed_on_by = accepted_from_;
    }
    request.client_certificate_subject = upgrade_->request.client_certificate_subject;
    upgrade_->request = std::move(request);
    upgrade_->early_bytes.assign(bytes.data, bytes.size);
    try {
      believe_forwarded(upgrade_->request, routes_.trust.forwarded);
    } catch (const HttpError& what) {
      refusal_ = refuse(what);
    }
    return true;
  }
}

void Handshake::no_request(const std::error_code& error) const {
  spdlog::debug("[{}] {}: no request: {}", id_, upgrade_->request.peer_address,
                error == std::errc::operation_would_block ? "it is too slow"
                : error                                   ? error.message()
                                                          : "the stream ended");
}

// Not at `info`: whoever scans the net sends a thousand of these. Who writes a client looks for it.
std::string Handshake::refuse(const HttpError& error) const {
  const Request& request = upgrade_->request;
  spdlog::debug("[{}] {}: refused with {}: {}", id_, request.peer_address, error.status(),
                printable(error.what()));
  return answer_error(error, request);
}

// Browsers, and many a client, give up when they have offered subprotocols and none is chosen; and
// all that their users see is that. `chosen` is what admit() has said, `known` what is there else.
void Handshake::note_subprotocol(const std::optional<std::string>& chosen,
                                 const std::vector<std::string>& known) const {
  const Request& request = upgrade_->request;
  const std::string offered = request.header("Sec-WebSocket-Protocol");
  if (!upgrade_->subprotocol.empty() || offered.empty()) return;
  if (!spdlog::should_log(spdlog::level::debug)) return;
  const std::string here = "here is " + (known.empty() ? "none" : joined(known));
  spdlog::debug("[{}] {}: no subprotocol: it offers {}; {}", id_, request.peer_address,
                printable(offered), chosen ? "who was asked chose none" : printable(here));
}

std::unique_ptr<Upgrade> Handshake::answer() {
  const Request& request = upgrade_->request;
  std::string bytes;
  try {
    bytes = respond();
  } catch (const HttpError& error) {
    bytes = refuse(error);
  } catch (const std::exception& error) {
    spdlog::error("[{}] {}: {}", id_, printable(request.path), printable(error.what()));
    bytes = answer_error(HttpError(500, "this failed, and the log says why"), request);
  } catch (...) {
    spdlog::error("[{}] {}: no std::exception", id_, printable(request.path));
    bytes = answer_error(HttpError(500, "this failed, and the log says why"), request);
  }
  if (!send(bytes) || upgrade_->processor == nullptr) return nullptr;
  return std::move(upgrade_);
}

// The answer. Sets the upgrade's processor if it is one. Throws HttpError.
std::string Handshake::respond() {
  if (!refusal_.empty()) return refusal_;
  Request& request = upgrade_->request;
  const Routes::WebSocket* const route = routes_.find(request.path, request.rest);
  if (route == nullptr) return answer_plain(request, routes_);
  AddressLimits::Seat* const of_address = place_ != nullptr ? place_->of_address() : nullptr;
  if (of_address != nullptr) take_token(*of_address, request.peer_address);
  const PathOptions& options = route->options ? *route->options : options_;
  const auto origin = request.headers.find("Origin");
  if (origin != request.headers.end() && !is_allowed(origin->second, options.allowed_origins)) {
    throw HttpError(403, "this origin may not connect");
  }
  const Admit* const admit = routes_.find_admit(request.path);
  Verdict verdict = admit != nullptr ? ask(*admit) : let_in();
  if (verdict.refusal_) return http_response(*verdict.refusal_, /*with_body=*/true, wall_clock());
  if (admit != nullptr && peer_has_left()) return {};  // there is nobody to answer
  upgrade_->subprotocol = verdict.subprotocol_ ? *verdict.subprotocol_
                                               : choose_subprotocol(request, route->subprotocols);
  if (options.compress) {
    upgrade_->deflate =
        choose_deflate(request.header("Sec-WebSocket-Extensions"), options.compress_window);
    if (upgrade_->deflate) upgrade_->deflate->level = options.compress_level;
  }
  std::string response =
      upgrade_response(request, upgrade_->subprotocol,
                       upgrade_->deflate ? to_header(*upgrade_->deflate) : "", verdict.headers_);
  if (of_address != nullptr && !of_address->enter(request.peer_address)) {
    throw HttpError(429, "too many connections from this address", {{"Retry-After", "1"}});
  }
  if (place_ != nullptr && !place_->enter()) throw no_place();
  upgrade_->admitted = std::move(verdict.value_);
  upgrade_->write_timeout = options_.write_timeout;
  upgrade_->options = &options;
  upgrade_->processor = &route->processor;
  note_subprotocol(verdict.subprotocol_, route->subprotocols);
  return response;
}

bool Handshake::send(std::string_view bytes) {
  const trace::Slice answering("answering");
  std::error_code error;
  return send_all(socket_, bytes, deadline_, error);
}

// Not when many others already take that moment.
void Handshake::see_off() {
  const trace::Slice lingering("waiting for the peer to leave");
  socket_.shutdown_send();
  if (place_ != nullptr && !place_->leave()) return;
  await_leaving(socket_, deadline_);
}

}  // namespace triloop
