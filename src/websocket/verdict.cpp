#include "triloop/verdict.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

#include "websocket/http.h"
#include "websocket/http_text.h"

namespace triloop {
namespace {

constexpr std::string_view kReservedBeginning = "Sec-WebSocket-";

// The handshake's own; and those of a body: RFC 7230 sections 3.3.1 and 3.3.2.
constexpr std::array<std::string_view, 6> kReserved = {
    "Upgrade", "Connection", "Content-Length", "Content-Type", "Transfer-Encoding", "Trailer"};

bool is_reserved(std::string_view name) {
  return is_same_name(name.substr(0, kReservedBeginning.size()), kReservedBeginning) ||
         std::any_of(kReserved.begin(), kReserved.end(),
                     [&](std::string_view one) { return is_same_name(one, name); });
}

constexpr int kFirstThatRefuses = 300;
constexpr int kLastThatRefuses = 599;

}  // namespace

Verdict let_in() { return {}; }

Verdict refuse(Response response) {
  if (response.status < kFirstThatRefuses || response.status > kLastThatRefuses) {
    throw std::invalid_argument("a refusal has a status from 300 to 599, and not " +
                                std::to_string(response.status));
  }
  check_header_lines(response);
  Verdict verdict;
  verdict.refusal_ = std::move(response);
  return verdict;
}

Verdict& Verdict::header(const std::string& name, const std::string& value) {
  must_let_in("a header: it belongs into the response");
  check_header_line(name, value);
  if (is_reserved(name)) {
    throw std::invalid_argument("the header " + name + " of an upgrade is not yours to choose");
  }
  headers_.emplace_back(name, value);
  return *this;
}

Verdict& Verdict::subprotocol(const std::string& name) {
  must_let_in("a subprotocol");
  subprotocol_ = name;
  return *this;
}

Verdict& Verdict::set_value(GivenValue value) {
  must_let_in("a value");
  value_ = std::move(value);
  return *this;
}

void Verdict::must_let_in(const char* what) const {
  if (refusal_) throw std::logic_error(std::string("a refusal does not take ") + what);
}

}  // namespace triloop
