// What --listen says, and what it must not.
#include "server/listen_address.h"

#include <stdexcept>

#include "support/catch.h"
#include "triloop/options.h"

namespace triloop {
namespace {

using Kind = ListenAddress::Kind;

std::string why_not(const std::vector<std::string>& entries) {
  Options options;
  options.listen = entries;
  try {
    listen_addresses(options);
    return "it is one";
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

TEST_CASE("an address to listen on: host and port, a path with mode and group, a descriptor",
          "[listen_address]") {
  const auto tcp = [](const char* host, std::uint16_t port) {
    return ListenAddress{Kind::tcp, {host}, port, false, "", {}, "", -1};
  };
  const auto file = [](const char* path, std::optional<mode_t> mode, const char* group) {
    return ListenAddress{Kind::unix_socket, {}, 0, false, path, mode, group, -1};
  };
  const struct {
    std::string entry;
    ListenAddress address;
  } table[] = {
      {"tcp:0.0.0.0:7777", tcp("0.0.0.0", 7777)},
      {"tcp:[::]:7777", tcp("::", 7777)},
      {"tcp:[fe80::1%eth0]:1", tcp("fe80::1%eth0", 1)},
      {"tcp:localhost:0", tcp("localhost", 0)},
      {"tcp:example.org:65535", tcp("example.org", 65535)},
      {"unix:/run/triloop.sock", file("/run/triloop.sock", {}, "")},
      {"unix:here", file("here", {}, "")},
      {"unix:/run/a:b=c.sock,mode=0660", file("/run/a:b=c.sock", 0660, "")},
      {"unix:/s,mode=600,group=www-data", file("/s", 0600, "www-data")},
      {"unix:/s,group=33,mode=0", file("/s", 0, "33")},
      {"unix:" + std::string(103, 'p'), file(std::string(103, 'p').c_str(), {}, "")},
      {"fd:3", {Kind::descriptor, {}, 0, false, "", {}, "", 3}},
  };
  for (const auto& [entry, address] : table) {
    INFO(entry);
    CHECK(parse_listen_address(entry) == address);
  }
}

TEST_CASE("what is no address to listen on is refused with what is wrong with it",
          "[listen_address]") {
  const std::pair<std::string, std::string> table[] = {
      {"", "none of tcp:HOST:PORT, tls:HOST:PORT, unix:PATH"},
      {"7777", "none of"},
      {"127.0.0.1:7777", "none of"},
      {"TCP:a:1", "none of"},
      {"http://a:1", "none of"},
      {"tcp:", "HOST:PORT"},
      {"tcp:7777", "HOST:PORT"},
      {"tcp::7777", "a host is needed"},
      {"tcp:[]:7777", "brackets"},
      {"tcp:::1:7777", "brackets"},
      {"tcp:[::1:7777", "brackets"},
      {"tcp:a:", "no number from 0 to 65535"},
      {"tcp:a:65536", "no number from 0 to 65535"},
      {"tcp:a:99999999999999999999", "no number from 0 to 65535"},
      {"tcp:a:-1", "no number from 0 to 65535"},
      {"tcp:a:1x", "no number from 0 to 65535"},
      {"tcp:[::1]", "no number from 0 to 65535"},
      {"unix:", "a path is needed"},
      {"unix:,mode=0660", "a path is needed"},
      {"unix:@abstract", "no abstract name"},
      {"unix:/run/", "that is a folder"},
      {"unix:" + std::string(104, 'p'), "more than 103 bytes"},
      {"unix:/s,mode=", "no octal number up to 0777"},
      {"unix:/s,mode=0880", "no octal number up to 0777"},
      {"unix:/s,mode=1777", "no octal number up to 0777"},
      {"unix:/s,mode=rw", "no octal number up to 0777"},
      {"unix:/s,group=", "only mode=0660 and group=NAME"},
      {"unix:/s,", "only mode=0660 and group=NAME"},
      {"unix:/s,owner=me", "only mode=0660 and group=NAME"},
      {"fd:", "no number of a descriptor"},
      {"fd:x", "no number of a descriptor"},
      {"fd:-3", "no number of a descriptor"},
      {"fd:99999999999", "no number of a descriptor"},
      {"fd:0", "standard input and output"},
      {"fd:2", "standard input and output"},
  };
  for (const auto& [entry, why] : table) {
    INFO(entry);
    CHECK(why_not({entry}).find("listen: '" + entry + "': ") == 0);
    CHECK(why_not({entry}).find(why) != std::string::npos);
  }
}

TEST_CASE("nothing is listened on twice, but for free ports", "[listen_address]") {
  for (const std::string entry : {"tcp:a:1", "unix:/s", "fd:3"}) {
    CHECK(why_not({"fd:4", entry, entry}) == "listen: '" + entry + "': it is there twice");
  }
  CHECK(why_not({"unix:/s", "unix:/s,mode=0600"}).find("it is there twice") != std::string::npos);
  CHECK(why_not({"tcp:a:0", "tcp:a:0", "tcp:a:1", "tcp:a:2", "tcp:b:1", "unix:/s", "unix:/t"}) ==
        "it is one");
}

TEST_CASE("without an entry all hosts of bind are listened on at one port", "[listen_address]") {
  Options options;
  options.bind = {"a", "b"};
  options.port = 5;
  CHECK(listen_addresses(options) ==
        std::vector<ListenAddress>{{Kind::tcp, {"a", "b"}, 5, false, "", {}, "", -1}});
  options.listen = {"fd:3"};
  CHECK(listen_addresses(options).size() == 1);
  CHECK(listen_addresses(options)[0].kind == Kind::descriptor);
}

TEST_CASE("with a certificate tls: speaks TLS, fd: and bind do, and nothing else",
          "[listen_address]") {
  Options options;
  options.tls.certificates = {{"cert.pem", "key.pem"}};
  CHECK(listen_addresses(options).at(0).speaks_tls);
  options.listen = {"tls:[::1]:443", "tcp:a:80", "unix:/s", "fd:3"};
  const std::vector<ListenAddress> all = listen_addresses(options);
  CHECK(all.at(0) == ListenAddress{Kind::tcp, {"::1"}, 443, true, "", {}, "", -1});
  CHECK_FALSE(all.at(1).speaks_tls);
  CHECK_FALSE(all.at(2).speaks_tls);
  CHECK(all.at(3).speaks_tls);
}

TEST_CASE("TLS without a certificate, and a certificate that nothing would show, are refused",
          "[listen_address]") {
  CHECK(why_not({"tls:a:443"}) == "listen: 'tls:a:443': TLS needs a certificate and its key");
  Options options;
  options.tls.certificates = {{"cert.pem", "key.pem"}};
  options.listen = {"tcp:a:443"};
  CHECK_THROWS_WITH(listen_addresses(options),
                    "listen: a certificate is named, and no tls:HOST:PORT");
  options.listen = {"tcp:a:443", "tls:a:443"};
  CHECK_THROWS_WITH(listen_addresses(options), "listen: 'tls:a:443': it is there twice");
}

}  // namespace
}  // namespace triloop
