#include "server/forwarded.h"

#include <string>
#include <vector>

#include "support/catch.h"
#include "websocket/http.h"

namespace triloop {
namespace {

// Two proxies stand in front, and this is the nearer one.
const Networks kTrusted({"10.0.0.0/8", "fd00::/8"}, "forwarded_from");
const std::string kProxy = "10.0.0.1:4000";

Request request_with(const Request::Headers& headers, const std::string& peer = kProxy) {
  Request request;
  request.peer_address = peer;
  request.headers = headers;
  return request;
}

// Whom the server takes the peer for; what it answers, if that is an error.
std::string taken(const Request::Headers& headers, const std::string& peer = kProxy) {
  Request request = request_with(headers, peer);
  try {
    believe_forwarded(request, kTrusted);
  } catch (const HttpError& error) {
    return std::to_string(error.status()) + ": " + error.what();
  }
  return request.peer_address;
}

bool is_refused(const std::string& answer) { return answer.rfind("400: ", 0) == 0; }

struct Row {
  std::string header, peer;
};

TEST_CASE("X-Forwarded-For: the peer is the first from the right that is no proxy of ours",
          "[forwarded]") {
  const std::vector<Row> rows{
      {"203.0.113.9", "203.0.113.9"},
      {" 203.0.113.9\t", "203.0.113.9"},
      {"203.0.113.9:4711", "203.0.113.9:4711"},
      {"2001:db8::9", "[2001:db8::9]"},
      {"[2001:DB8::9]", "[2001:db8::9]"},
      {"[2001:db8::9]:4711", "[2001:db8::9]:4711"},
      {"::ffff:203.0.113.9", "203.0.113.9"},
      {"198.51.100.7, 203.0.113.9", "203.0.113.9"},
      {"203.0.113.9, 10.2.2.2", "203.0.113.9"},
      {"198.51.100.7,203.0.113.9,10.2.2.2,fd00::7,10.3.3.3", "203.0.113.9"},
      {"10.9.9.9, 203.0.113.9, 10.2.2.2", "203.0.113.9"},
      {"10.2.2.2", "10.2.2.2"},
      {"10.4.4.4, 10.2.2.2", "10.4.4.4"},
      {"unknown", kProxy},
      {"203.0.113.9, unknown", kProxy},
      {"203.0.113.9, unknown, 10.2.2.2", "10.2.2.2"},
      // What is left of the peer is what it has made up, whatever it looks like.
      {"nonsense, 203.0.113.9", "203.0.113.9"},
      {", 203.0.113.9", "203.0.113.9"},
      {"\"[, 203.0.113.9, 10.2.2.2", "203.0.113.9"},
  };
  for (const auto& [header, peer] : rows) {
    CAPTURE(header);
    CHECK(taken({{"X-Forwarded-For", header}}) == peer);
  }
}

TEST_CASE("X-Forwarded-For: a broken one of a proxy gets 400", "[forwarded]") {
  for (const char* header :
       {"", " ", ",", "203.0.113.9,", "nonsense", "203.0.113", "203.0.113.9:", "203.0.113.9:65536",
        "203.0.113.9:http", "203.0.113.9 4711", "[203.0.113.9]", "[2001:db8::9",
        "[2001:db8::9]4711", "2001:db8::9:4711:", "\"203.0.113.9\"", "for=203.0.113.9",
        "nonsense, 10.2.2.2", "_"}) {
    CAPTURE(header);
    CHECK(is_refused(taken({{"X-Forwarded-For", header}})));
  }
}

TEST_CASE("Forwarded: the peer is the first from the right that is no proxy of ours",
          "[forwarded]") {
  const std::vector<Row> rows{
      {"for=203.0.113.9", "203.0.113.9"},
      {"For=203.0.113.9; proto=https;by=10.0.0.1", "203.0.113.9"},
      {"by=10.0.0.1;FOR=\"203.0.113.9\"", "203.0.113.9"},
      {"for=\"203.0.113.9:4711\"", "203.0.113.9:4711"},
      {"for=\"203.0.113.9:_port\"", "203.0.113.9"},
      {"for=\"[2001:db8::9]\"", "[2001:db8::9]"},
      {"for=\"[2001:db8::9]:4711\";proto=http", "[2001:db8::9]:4711"},
      {"for=\"\\2\\03.0.113.9\"", "203.0.113.9"},
      {"for=198.51.100.7, for=203.0.113.9", "203.0.113.9"},
      {"for=203.0.113.9 , for=10.2.2.2,for=\"[fd00::7]\"", "203.0.113.9"},
      {"for=nonsense, for=203.0.113.9", "203.0.113.9"},
      {"for=\"a, for=198.51.100.7\", for=203.0.113.9", "203.0.113.9"},
      {"for=10.2.2.2", "10.2.2.2"},
      {"for=unknown", kProxy},
      {"for=Unknown;proto=https", kProxy},
      {"for=_hidden", kProxy},
      {"for=203.0.113.9, for=_SEVKISEK, for=10.2.2.2", "10.2.2.2"},
      {"proto=https", kProxy},
      {"for=203.0.113.9, proto=https", kProxy},
  };
  for (const auto& [header, peer] : rows) {
    CAPTURE(header);
    CHECK(taken({{"Forwarded", header}}) == peer);
  }
}

// A quote that the client leaves open would make what the proxy adds a part of what the client
// says.
TEST_CASE("Forwarded: a broken one of a proxy gets 400, wherever it is broken", "[forwarded]") {
  for (const char* header : {"",
                             ",",
                             ";",
                             "for",
                             "for=",
                             "=203.0.113.9",
                             "for=\"\"",
                             "for=203.0.113.9,",
                             "for=203.0.113.9;",
                             "for=203.0.113.9,,for=10.2.2.2",
                             "for =203.0.113.9",
                             "203.0.113.9",
                             "for=203.0.113.9:4711",
                             "for=[2001:db8::9]",
                             "for=\"2001:db8::9\"",
                             "for=\"[203.0.113.9]\"",
                             "for=\"203.0.113.9",
                             "for=\"203.0.113.9\\",
                             "for=\"203.0.113.9\"x",
                             "for=nonsense",
                             "for=203.0.113.9;for=198.51.100.7",
                             "for=\"203.0.113.9:65536\"",
                             "for=\"_hidden name\"",
                             "for=\", for=203.0.113.9",
                             "for=\", for=\"[2001:db8::9]:4711\"",
                             "for=\"\\, for=\"203.0.113.9:1\"",
                             "for=203.0.113.9 for=10.2.2.2"}) {
    CAPTURE(header);
    CHECK(is_refused(taken({{"Forwarded", header}})));
  }
}

TEST_CASE("two headers that name the same peer are believed, and two that do not get 400",
          "[forwarded]") {
  const auto both = [](const std::string& standard, const std::string& older) {
    return taken({{"Forwarded", standard}, {"X-Forwarded-For", older}});
  };
  CHECK(both("for=203.0.113.9", "203.0.113.9") == "203.0.113.9");
  CHECK(both("for=203.0.113.9", "203.0.113.9:4711") == "203.0.113.9:4711");
  CHECK(both("for=\"203.0.113.9:4711\"", "203.0.113.9") == "203.0.113.9:4711");
  CHECK(both("for=203.0.113.9, for=10.2.2.2", "203.0.113.9") == "203.0.113.9");
  CHECK(both("for=unknown", "unknown") == kProxy);
  CHECK(is_refused(both("for=198.51.100.7", "203.0.113.9")));
  CHECK(is_refused(both("for=unknown", "203.0.113.9")));
  CHECK(is_refused(both("for=203.0.113.9", "unknown")));
  CHECK(is_refused(both("nonsense", "203.0.113.9")));
  CHECK(is_refused(both("for=203.0.113.9", "nonsense")));
}

TEST_CASE("from anybody else such headers change nothing, however broken they are", "[forwarded]") {
  for (const std::string peer : {"203.0.113.9:1", "[2001:db8::9]:1", "unix:1", ""}) {
    for (const char* header : {"for=198.51.100.7", "198.51.100.7", "10.0.0.1", "\"", ""}) {
      Request request = request_with({{"Forwarded", header}, {"X-Forwarded-For", header}}, peer);
      believe_forwarded(request, kTrusted);
      CHECK(request.peer_address == peer);
      CHECK(request.passed_on_by.empty());
    }
  }
}

TEST_CASE("who passed it on is who the connection comes from, and the headers stay",
          "[forwarded]") {
  Request request = request_with({{"X-Forwarded-For", "203.0.113.9, 10.2.2.2"}});
  believe_forwarded(request, kTrusted);
  CHECK(request.passed_on_by == kProxy);
  CHECK(request.header("X-Forwarded-For") == "203.0.113.9, 10.2.2.2");
  Request proxied = request_with({{"X-Forwarded-For", "203.0.113.9"}});
  proxied.passed_on_by = "127.0.0.1:9";
  believe_forwarded(proxied, kTrusted);
  CHECK(proxied.peer_address == "203.0.113.9");
  CHECK(proxied.passed_on_by == "127.0.0.1:9");
  Request silent = request_with({});
  believe_forwarded(silent, kTrusted);
  CHECK(silent.peer_address == kProxy);
  CHECK(silent.passed_on_by.empty());
}

}  // namespace
}  // namespace triloop
