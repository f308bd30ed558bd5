#include "net/network.h"

#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.h"

namespace triloop {
namespace {

Networks networks(const std::vector<std::string>& entries) { return {entries, "some_option"}; }

std::string complaint(const std::string& entry) {
  try {
    networks({"192.0.2.1", entry});
    return "";
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

TEST_CASE("a network contains the addresses that begin like it, and no others", "[network]") {
  struct Row {
    std::string network, inside, outside;
  };
  const std::vector<Row> rows{
      {"10.0.0.0/8", "10.255.255.255:1", "11.0.0.0:1"},
      {"192.0.2.0/23", "192.0.3.255:80", "192.0.4.0:80"},
      {"192.0.2.128/25", "192.0.2.128:80", "192.0.2.127:80"},
      {"192.0.2.7", "192.0.2.7:80", "192.0.2.6:80"},
      {"192.0.2.7/32", "192.0.2.7:80", "192.0.2.8:80"},
      {"0.0.0.0/0", "255.1.2.3:80", "[::1]:80"},
      {"128.0.0.0/1", "128.0.0.0:80", "127.255.255.255:80"},
      {"::1", "[::1]:80", "[::2]:80"},
      {"::1", "[::1]", "127.0.0.1"},
      {"fd00::/8", "[fdff::1]:80", "[fe00::1]:80"},
      {"2001:db8::/33", "[2001:db8:7fff::]:80", "[2001:db8:8000::]:80"},
      {"::/0", "[2001:db8::1]:80", "10.0.0.1:80"},
      {"fe80::/10", "[fe80::1%eth0]:80", "[fec0::1%eth0]:80"},
      {"unix", "unix:1234", "10.0.0.1:80"},
      {"unix", "", "[::1]:80"},
      {"0.0.0.0/0", "1.2.3.4", "unix"},
      {"0.0.0.0/0", "1.2.3.4", "peer:1"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.network, row.inside, row.outside);
    CHECK(networks({row.network}).contains(row.inside));
    CHECK_FALSE(networks({row.network}).contains(row.outside));
    CHECK(networks({"203.0.113.0/24", row.network}).contains(row.inside));
  }
}

TEST_CASE("an IPv4 address that is written as IPv6 is the same address", "[network]") {
  CHECK(networks({"10.0.0.0/8"}).contains("[::ffff:10.1.2.3]:80"));
  CHECK(networks({"::ffff:10.0.0.0/104"}).contains("10.1.2.3:80"));
  CHECK_FALSE(networks({"::ffff:10.0.0.0/104"}).contains("11.1.2.3:80"));
  CHECK(to_peer_address(*parse_ip("::ffff:10.1.2.3"), 80) == "10.1.2.3:80");
}

TEST_CASE("nobody is in no network, and an empty list is one", "[network]") {
  CHECK(networks({}).empty());
  CHECK_FALSE(networks({"unix"}).empty());
  for (const char* peer : {"", "unix", "127.0.0.1:80", "[::1]:80"}) {
    CHECK_FALSE(networks({}).contains(peer));
  }
}

TEST_CASE("what is no network is refused, and the message says which and of what", "[network]") {
  for (const char* entry : {"",
                            "/8",
                            "10.0.0.0/",
                            "10.0.0.0/33",
                            "10.0.0.0/08",
                            "10.0.0.0/+8",
                            "10.0.0.0/8 ",
                            " ::1",
                            "10.0.0/8",
                            "010.0.0.0/8",
                            "10.0.0.0/8/8",
                            "10.1.2.3/8",
                            "::1/64",
                            "::/129",
                            "[::1]",
                            "fe80::1%eth0",
                            "localhost",
                            "Unix",
                            "unix:1",
                            "10.0.0.1:80",
                            "::ffff:10.0.0.1/95"}) {
    CAPTURE(entry);
    CHECK(complaint(entry) == "some_option: '" + std::string(entry) +
                                  "' is no network, as 10.0.0.0/8, fd00::/8, 192.0.2.1 or unix");
  }
  CHECK(complaint(std::string("::1\0", 4)) != "");
}

}  // namespace
}  // namespace triloop
