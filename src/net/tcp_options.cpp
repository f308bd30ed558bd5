#include "net/tcp_options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>

namespace triloop {
namespace {

void set(int descriptor, int level, int option, int value) {
  ::setsockopt(descriptor, level, option, &value, sizeof value);
}

}  // namespace

// The keepalive asks an idle peer, the user timeout judges one that owes an answer.
void set_tcp_options(int descriptor, std::chrono::milliseconds dead_after) {
  using std::chrono::seconds;
  constexpr std::chrono::milliseconds kMost = std::chrono::hours(9);  // the kernel's: 32767 s
  dead_after = std::min(dead_after, kMost);
  const int idle = static_cast<int>(std::chrono::ceil<seconds>(dead_after).count());
  // An idle peer is asked once at that time; the next time it is its user timeout that is over.
  const int ask_again = std::clamp(idle / 2, 1, 5);
  set(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);  // a reply does not wait for the last one's ack
  set(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(dead_after.count()));
  set(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, idle);
  set(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, ask_again);
  set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
}

}  // namespace triloop
