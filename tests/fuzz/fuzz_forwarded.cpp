// Any text as what a proxy of HTTP says of its client, in Forwarded or X-Forwarded-For or both: no
// crash; whom it names is an address; an error is a 400 and nothing else; from whom is not trusted
// it changes nothing; and whatever a client has sent, if the proxy adds whom it sees, that is who
// is believed.
#include <string>

#include "net/network.h"
#include "pieces.h"
#include "server/forwarded.h"
#include "websocket/http.h"

namespace triloop::fuzzing {
namespace {

const std::string kProxy = "10.0.0.1:4000";
const std::string kClient = "203.0.113.9";

// Whom the server takes the peer for; empty if it refuses.
std::string taken(const Request::Headers& headers, const std::string& peer = kProxy) {
  static const Networks kTrusted({"10.0.0.0/8", "fd00::/8"}, "forwarded_from");
  Request request;
  request.peer_address = peer;
  request.headers = headers;
  try {
    believe_forwarded(request, kTrusted);
  } catch (const HttpError& error) {
    demand(error.status() == 400, "a status that is not 400");
    return "";
  }
  demand(request.headers == headers, "a header that is gone");
  const bool is_passed_on = peer == kProxy && !headers.empty();
  demand(request.passed_on_by == (is_passed_on ? kProxy : ""), "passed on by somebody else");
  demand(ip_of(request.peer_address).has_value(), "a peer that is no address");
  return request.peer_address;
}

void check(const std::string& standard, const std::string& older) {
  const std::string by_standard = taken({{"Forwarded", standard}});
  const std::string by_older = taken({{"X-Forwarded-For", older}});
  const std::string by_both = taken({{"Forwarded", standard}, {"X-Forwarded-For", older}});
  if (!by_both.empty()) {
    demand(!by_standard.empty() && !by_older.empty(), "both, though one of them is broken");
    demand(ip_of(by_both) == ip_of(by_older), "both, though they differ");
  }
  const std::string stranger = "198.51.100.7:1";
  demand(taken({{"Forwarded", standard}, {"X-Forwarded-For", older}}, stranger) == stranger,
         "a stranger is believed");
  demand(taken({{"X-Forwarded-For", older + ", " + kClient}}) == kClient,
         "a client that says it is another, by X-Forwarded-For");
  const std::string added = taken({{"Forwarded", standard + ", for=" + kClient}});
  demand(added.empty() || added == kClient, "a client that says it is another, by Forwarded");
}

}  // namespace
}  // namespace triloop::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::size_t half = text.find('\n');  // the other header is behind it
  const bool both = half != std::string::npos;
  triloop::fuzzing::check(text.substr(0, half), both ? text.substr(half + 1) : text);
  return 0;
}
