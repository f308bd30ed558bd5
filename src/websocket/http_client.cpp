#include "websocket/http_client.h"

#include <strings.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>
#include <string_view>
#include <websocketpp/base64/base64.hpp>

#include "triloop/connect_error.h"
#include "websocket/http.h"
#include "websocket/http_text.h"
#include "websocket/mask.h"

namespace triloop {
namespace {

// As of a request (http.cpp): nobody's answer needs more.
constexpr std::size_t kMaxHeadBytes = 16'000;
constexpr std::size_t kMaxHeaders = 100;

constexpr std::string_view kEndOfHead = "\r\n\r\n";

// What the handshake says itself, or what would change what it means. Not Origin and Host: who
// speaks to a server behind a proxy may have his own.
constexpr std::array<std::string_view, 9> kOwn = {"Upgrade",
                                                  "Connection",
                                                  "Sec-WebSocket-Key",
                                                  "Sec-WebSocket-Version",
                                                  "Content-Length",
                                                  "Sec-WebSocket-Extensions",
                                                  "Transfer-Encoding",
                                                  "Sec-WebSocket-Protocol",
                                                  "Expect"};

std::string_view take_line(std::string_view& head) {
  const std::size_t end = std::min(head.find("\r\n"), head.size());
  const std::string_view line = head.substr(0, end);
  head.remove_prefix(std::min(end + 2, head.size()));
  if (has_control(line)) throw ConnectError("a control character in the answer");
  return line;
}

// HTTP-version SP 3DIGIT SP reason: RFC 7230 section 3.1.2. Some leave the last space out.
void parse_status_line(std::string_view line, Answer& answer) {
  constexpr std::size_t kVersionBytes = 8, kStatusEnd = kVersionBytes + 4;
  const std::string_view version = line.substr(0, kVersionBytes);
  const bool good = (version == "HTTP/1.1" || version == "HTTP/1.0") && line.size() >= kStatusEnd &&
                    line[kVersionBytes] == ' ' &&
                    (line.size() == kStatusEnd || line[kStatusEnd] == ' ');
  const std::string digits(good ? line.substr(kVersionBytes + 1, 3) : "");
  if (!good || digits.find_first_not_of("0123456789") != std::string::npos || digits[0] == '0') {
    throw ConnectError("the answer is not HTTP/1.1");
  }
  answer.version = version;
  answer.status = std::stoi(digits);
}

Answer parse_answer(std::string_view head) {
  Answer answer;
  parse_status_line(take_line(head), answer);
  std::size_t count = 0;
  for (auto line = take_line(head); !line.empty(); line = take_line(head)) {
    if (++count > kMaxHeaders) throw ConnectError("too many headers in the answer");
    const std::size_t colon = std::min(line.find(':'), line.size());
    const std::string name(line.substr(0, colon));
    // Also the space that would fold this line into the last one.
    if (colon == line.size() || !is_token(name)) throw ConnectError("a header without a name");
    const std::string value(trim(line.substr(colon + 1)));
    const auto [at, is_new] = answer.headers.emplace(name, value);
    if (!is_new) at->second += ", " + value;
  }
  return answer;
}

std::string header_of(const Answer& answer, const char* name) {
  const auto found = answer.headers.find(name);
  return found == answer.headers.end() ? std::string() : found->second;
}

bool has_in_list(std::string list, std::string_view lower_case_item) {
  for (char& c : list) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return list_contains(list, lower_case_item);
}

}  // namespace

std::string new_key() {
  std::array<char, 16> nonce{};
  fill_random(nonce.data(), nonce.size());
  return websocketpp::base64_encode(reinterpret_cast<const unsigned char*>(nonce.data()),
                                    nonce.size());
}

void check_header(const std::string& name, const std::string& value) {
  if (!is_token(name)) throw std::invalid_argument("a header's name must be a token");
  if (has_control(value)) throw std::invalid_argument("a header's value must be one line");
  const auto same = [&](std::string_view one) { return is_same_name(one, name); };
  if (std::any_of(kOwn.begin(), kOwn.end(), same)) {
    throw std::invalid_argument("the header " + name + " is the handshake's own");
  }
}

std::string upgrade_request(const UpgradeOffer& offer) {
  std::string request = "GET " + offer.target + " HTTP/1.1\r\n";
  const auto add = [&](std::string_view name, const std::string& value) {
    request.append(name).append(": ").append(value).append("\r\n");
  };
  const bool own_host =
      std::any_of(offer.headers.begin(), offer.headers.end(),
                  [](const auto& each) { return is_same_name(each.first, "Host"); });
  if (!own_host) add("Host", offer.host);
  add("Upgrade", "websocket");
  add("Connection", "Upgrade");
  add("Sec-WebSocket-Key", offer.key);
  add("Sec-WebSocket-Version", "13");
  if (!offer.subprotocols.empty()) add("Sec-WebSocket-Protocol", joined(offer.subprotocols));
  if (!offer.extensions.empty()) add("Sec-WebSocket-Extensions", offer.extensions);
  for (const auto& [name, value] : offer.headers) add(name, value);
  return request + "\r\n";
}

// Moves bytes to `head_` until the empty line is there.
bool AnswerParser::take_head(Bytes& bytes) {
  const std::size_t old_size = head_.size();
  head_.append(bytes.data, bytes.size);
  const std::size_t overlap = std::min(old_size, kEndOfHead.size() - 1);
  const std::size_t end = head_.find(kEndOfHead, old_size - overlap);
  const bool complete = end != std::string::npos;
  if (complete) head_.resize(end + kEndOfHead.size());
  bytes.skip(head_.size() - old_size);
  if (taken_ + head_.size() > kMaxHeadBytes) throw ConnectError("the answer's head is too large");
  return complete;
}

std::optional<Answer> AnswerParser::consume(Bytes& bytes) {
  constexpr int kSwitchingProtocols = 101, kFirstFinal = 200;
  while (take_head(bytes)) {
    Answer answer = parse_answer(head_);
    if (answer.status == kSwitchingProtocols || answer.status >= kFirstFinal) return answer;
    taken_ += head_.size();
    head_.clear();
  }
  return std::nullopt;
}

void check_answer(const Answer& answer, const UpgradeOffer& offer) {
  if (answer.version != "HTTP/1.1") throw ConnectError("the upgrade is not HTTP/1.1");
  if (!has_in_list(header_of(answer, "Upgrade"), "websocket")) {
    throw ConnectError("the answer does not upgrade to WebSocket");
  }
  if (!has_in_list(header_of(answer, "Connection"), "upgrade")) {
    throw ConnectError("the answer's Connection is not Upgrade");
  }
  if (header_of(answer, "Sec-WebSocket-Accept") != accept_value(offer.key)) {
    throw ConnectError("the answer's Sec-WebSocket-Accept is wrong");
  }
  const auto chosen = answer.headers.find("Sec-WebSocket-Protocol");
  if (chosen == answer.headers.end()) return;  // section 4.1 leaves that to the client
  const auto& offered = offer.subprotocols;
  if (std::find(offered.begin(), offered.end(), chosen->second) == offered.end()) {
    throw ConnectError("the server chose a subprotocol that was not offered");
  }
}

}  // namespace triloop
