// From a name to a connected socket.
#include "client/dialing.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>

#include <system_error>

#include "net/address_text.h"
#include "net/deadline.h"
#include "net/event.h"
#include "support/catch.h"
#include "support/scripted_server.h"
#include "support/threads.h"

namespace triloop {
namespace {

using testing::kFailSafe;
using testing::Listening;

constexpr std::chrono::milliseconds kDeadAfter{30'000};
constexpr std::chrono::hours kNeverStagger{1};

Address address(const std::string& host, std::uint16_t port) {
  return look_up(host, std::to_string(port)).front();
}

// At which nobody answers: its backlog is full.
class Silent {
 public:
  Silent() : listening_("127.0.0.1", 0), first_(dial_it()), second_(dial_it()) {}

  Address at() const { return address("127.0.0.1", listening_.port()); }

 private:
  Descriptor dial_it() const {
    Descriptor descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const Address to = at();
    ::connect(descriptor.number(), reinterpret_cast<const sockaddr*>(&to.bytes), to.size);
    return descriptor;
  }

  Listening listening_;
  Descriptor first_, second_;
};

// At which nobody listens.
Address refusing() {
  std::uint16_t port = 0;
  {
    const Listening gone;
    port = gone.port();
  }
  return address("127.0.0.1", port);
}

std::error_code why_not(const std::vector<Address>& addresses, TimePoint deadline,
                        const Event& cancel) {
  try {
    dial(addresses, deadline, cancel.descriptor(), kDeadAfter, kNeverStagger);
  } catch (const std::system_error& error) {
    return error.code();
  }
  return {};
}

TEST_CASE("the two families are tried by turns, beginning with the first", "[dialing]") {
  const auto four = [](int last) { return address("192.0.2." + std::to_string(last), 1); };
  const auto six = [](int last) { return address("2001:db8::" + std::to_string(last), 1); };
  const auto order = [](const std::vector<Address>& addresses) {
    std::string text;
    for (const Address& each : interleaved(addresses)) text += to_text(each.bytes, each.size) + " ";
    return text;
  };
  CHECK(order({}).empty());
  CHECK(order({six(1), six(2), four(1), four(2), four(3)}) ==
        "[2001:db8::1]:1 192.0.2.1:1 [2001:db8::2]:1 192.0.2.2:1 192.0.2.3:1 ");
  CHECK(order({four(1), six(1), six(2)}) == "192.0.2.1:1 [2001:db8::1]:1 [2001:db8::2]:1 ");
  CHECK(order({four(2), four(1)}) == "192.0.2.2:1 192.0.2.1:1 ");
}

TEST_CASE("an address that refuses makes way for the next at once", "[dialing]") {
  Listening listening;
  const Event cancel;
  const Dialled dialled =
      dial({refusing(), refusing(), address("127.0.0.1", listening.port())}, deadline_in(kFailSafe),
           cancel.descriptor(), kDeadAfter, kNeverStagger);
  CHECK(to_text(dialled.peer.bytes, dialled.peer.size) ==
        "127.0.0.1:" + std::to_string(listening.port()));
  CHECK(listening.accept() >= 0);
}

TEST_CASE("an address that does not answer does not keep the next one waiting", "[dialing]") {
  const Silent silent;
  Listening listening;
  const Event cancel;
  const Dialled dialled =
      dial({silent.at(), address("127.0.0.1", listening.port())}, deadline_in(kFailSafe),
           cancel.descriptor(), kDeadAfter, std::chrono::milliseconds(1));
  CHECK(to_text(dialled.peer.bytes, dialled.peer.size) ==
        "127.0.0.1:" + std::to_string(listening.port()));
}

TEST_CASE("what is connected blocks, as the loops need it", "[dialing]") {
  Listening listening;
  const Event cancel;
  const Dialled dialled = dial({address("127.0.0.1", listening.port())}, deadline_in(kFailSafe),
                               cancel.descriptor(), kDeadAfter);
  CHECK((::fcntl(dialled.descriptor.number(), F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("where all addresses fail the last failure is told", "[dialing]") {
  const Event cancel;
  CHECK(why_not({refusing(), refusing()}, deadline_in(kFailSafe), cancel) ==
        std::errc::connection_refused);
  CHECK(why_not({}, deadline_in(kFailSafe), cancel) == std::errc::address_not_available);
}

TEST_CASE("an attempt ends at its deadline", "[dialing]") {
  const Silent silent;
  const Event cancel;
  CHECK(why_not({silent.at(), silent.at()}, Clock::now() + std::chrono::milliseconds(1), cancel) ==
        std::errc::timed_out);
}

TEST_CASE("an attempt ends when it is cancelled", "[dialing]") {
  const Silent silent;
  Event cancel;
  std::error_code error;
  testing::Worker dials([&] { error = why_not({silent.at()}, kNever, cancel); });
  dials.await_blocked();
  cancel.signal();
  dials.await_done();
  CHECK(error == std::errc::operation_canceled);
}

TEST_CASE("dialling leaves no descriptor behind", "[dialing]") {
  const Silent silent;
  Listening listening;
  const Event cancel;
  const std::size_t before = testing::descriptor_count();
  {
    const Dialled dialled =
        dial({silent.at(), refusing(), address("127.0.0.1", listening.port())},
             deadline_in(kFailSafe), cancel.descriptor(), kDeadAfter, std::chrono::milliseconds(1));
    CHECK(testing::descriptor_count() == before + 1);
  }
  why_not({silent.at(), refusing()}, Clock::now() + std::chrono::milliseconds(1), cancel);
  CHECK(testing::descriptor_count() == before);
}

TEST_CASE("a name that does not exist is an error that says so", "[dialing]") {
  try {
    look_up("nobody.invalid", "80");
    FAIL("it was found");
  } catch (const std::system_error& error) {
    CHECK(std::string(error.what()).find("cannot look up nobody.invalid") == 0);
  }
}

}  // namespace
}  // namespace triloop
