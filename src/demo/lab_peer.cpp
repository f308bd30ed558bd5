#include "demo/lab_peer.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <utility>

namespace triloop {
namespace {

constexpr std::chrono::minutes kLongestLife{2};
constexpr std::chrono::seconds kToConnect{2};
constexpr std::chrono::milliseconds kToBegin{5};
constexpr int kReceiveBufferBytes = 4096;  // so that the server soon has nowhere to put its replies
constexpr std::size_t kFloodBytes = std::size_t{64} << 10;

// A binary message as a client sends it (RFC 6455 section 5.2), with a mask that changes nothing.
std::string flood_frame() {
  std::string frame("\x82\xFF\0\0\0\0\0\1\0\0\0\0\0\0", 14);  // 2^16 bytes
  return frame.append(kFloodBytes, 'a');
}

std::string upgrade_request(const std::string& tab) {
  return "GET /lab?tab=" + tab +
         " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
}

// The answer's first line is looked at. What comes behind it nobody reads.
bool shake_hands(UpstreamSocket& socket, const std::string& tab) {
  std::error_code error;
  const std::string request = upgrade_request(tab);
  if (socket.try_send(request, error) != request.size()) return false;
  constexpr std::string_view kAccepted = "HTTP/1.1 101 ";
  std::string head;
  while (head.size() < kAccepted.size()) {
    std::array<char, 512> piece;
    const std::size_t size = socket.receive(piece.data(), piece.size(), error);
    if (size == 0) return false;
    head.append(piece.data(), size);
  }
  return head.compare(0, kAccepted.size(), kAccepted) == 0;
}

void set(int descriptor, int level, int name, int value) {
  ::setsockopt(descriptor, level, name, &value, sizeof value);
}

// Waits a moment for what is looked for, or for the end. False at the end.
bool wait_a_moment(int descriptor, short events) {
  pollfd look{descriptor, static_cast<short>(events | POLLRDHUP), 0};
  ::poll(&look, 1, static_cast<int>(kGlance.count()));
  return (look.revents & (POLLERR | POLLHUP | POLLRDHUP)) == 0;
}

}  // namespace

LabPeers::LabPeers(UpstreamAddress server, GoesOn goes_on)
    : server_(std::move(server)), goes_on_(std::move(goes_on)) {}

LabPeers::~LabPeers() {
  stopping_ = true;
  for (Slot& slot : slots_) slot.thread.join();
}

std::string LabPeers::start(Kind kind, const std::string& tab, const Latch& ending) {
  if (server_.port.empty()) return "the server has no TCP port to connect to";
  Slot* const slot = take();
  if (slot == nullptr) return "there are as many peers as may be";
  try {
    slot->thread.join();  // of the one before, which has given it back with its last words
    const auto socket = std::make_shared<UpstreamSocket>(connect(tab, ending));
    if (*socket) {
      const MutexLock lock(mutex_);  // so that nobody takes the slot before its thread stands in it
      slot->thread = Thread("lab-peer", [this, kind, tab, socket, slot] {
        run(kind, tab, *socket);
        give_back(*slot);
      });
      return "";
    }
  } catch (const std::exception&) {  // no thread or memory left
  }
  give_back(*slot);
  return "it cannot connect";
}

LabPeers::Slot* LabPeers::take() {
  const MutexLock lock(mutex_);
  auto* const free =
      std::find_if(slots_.begin(), slots_.end(), [](const Slot& slot) { return !slot.taken; });
  if (free == slots_.end()) return nullptr;
  free->taken = true;
  return &*free;
}

void LabPeers::give_back(Slot& slot) {
  const MutexLock lock(mutex_);
  slot.taken = false;
}

UpstreamSocket LabPeers::connect(const std::string& tab, const Latch& ending) const {
  std::error_code error;
  UpstreamSocket socket = connect_to(server_, Clock::now() + kToConnect, ending, error);
  if (!socket) return socket;
  const int descriptor = socket.descriptor();
  const timeval patience{kToConnect.count(), 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  set(descriptor, SOL_SOCKET, SO_RCVBUF, kReceiveBufferBytes);
  set(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, 0);  // it is the server that loses patience
  const bool is_in = shake_hands(socket, tab) && await_processor(tab, ending);
  return is_in ? std::move(socket) : UpstreamSocket(-1);
}

// It begins behind the answer to the upgrade.
bool LabPeers::await_processor(const std::string& tab, const Latch& ending) const {
  const TimePoint deadline = Clock::now() + kToConnect;
  while (!goes_on_(tab)) {
    if (ending.wait_until(Clock::now() + kToBegin) || Clock::now() >= deadline) return false;
  }
  return true;
}

// Until its connection is over, or nobody wants it any more. A peer without a word keeps the socket
// open, so that the server learns of it by its own clock alone.
void LabPeers::run(Kind kind, const std::string& tab, UpstreamSocket& socket) const {
  const TimePoint leaves_at = Clock::now() + kLongestLife;
  const std::string frame = kind == Kind::kStopsReading ? flood_frame() : "";
  std::string_view rest = frame;
  while (!stopping_ && goes_on_(tab) && Clock::now() < leaves_at) {
    std::error_code error;
    if (!rest.empty()) rest.remove_prefix(socket.try_send(rest, error));
    if (error) return;
    if (rest.empty()) rest = frame;
    if (!wait_a_moment(socket.descriptor(), rest.empty() ? 0 : POLLOUT)) return;
  }
}

}  // namespace triloop
