#include "server/succession.h"

#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sstream>
#include <string_view>
#include <utility>

#include "net/unix_address.h"

namespace triloop {
namespace {

// What the old one says: this line, a line for each socket, and an empty one; or a line that begins
// with kNo. Another version of it would have another first line.
constexpr std::string_view kGreeting = "triloop 1";
constexpr std::string_view kNo = "no: ";
constexpr std::string_view kThePath = "take-over";
// What the new one says.
constexpr std::string_view kAccepting = "accepting\n";

constexpr std::size_t kMostSockets = 253;  // SCM_MAX_FD: unix(7)
constexpr std::size_t kMostBytes = 64 << 10;
constexpr timeval kPatience{5, 0};

// With descriptors beside it. What is not taken at once is not taken: the kernel's buffer is empty.
void send(int to, std::string text, std::vector<int> descriptors) {
  iovec part{text.data(), text.size()};
  const std::size_t bytes = descriptors.size() * sizeof(int);
  std::vector<char> control(CMSG_SPACE(bytes));
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (bytes > 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(bytes);
    std::memcpy(CMSG_DATA(header), descriptors.data(), bytes);
  }
  ::sendmsg(to, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void refuse(int to, std::string_view why) { send(to, std::string(kNo).append(why) + "\n", {}); }

std::vector<Descriptor> descriptors_of(msghdr& message) {
  std::vector<Descriptor> all;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
      all.emplace_back(number);
    }
  }
  return all;
}

std::system_error cannot_take_over(const std::string& path, int error, const std::string& why) {
  return {error, std::generic_category(), "cannot take over at " + path + why};
}

bool is_of_the_same_user(int descriptor) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         peer.uid == ::geteuid();
}

std::string host_of(const std::string& address) { return address.substr(0, address.rfind(':')); }

ListeningSocket listen_at_take_over(const std::string& path, Legacy* legacy) {
  if (legacy != nullptr) {
    return listening(legacy->take_path(), ListenAddress::Kind::unix_socket);
  }
  ListenAddress address;
  address.kind = ListenAddress::Kind::unix_socket;
  address.path = path;
  address.mode = 0600;
  return listen_at_path(address, nullptr);
}

}  // namespace

std::unique_ptr<Legacy> Legacy::ask(const std::string& path) {
  Descriptor connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int number = connection.number();
  if (number < 0) throw cannot_take_over(path, errno, "");
  ::setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  ::setsockopt(number, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);  // connect(), too
  const sockaddr_un address = unix_address(path);
  if (::connect(number, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == ENOENT || errno == ECONNREFUSED) return nullptr;
    throw cannot_take_over(path, errno == EAGAIN ? ETIMEDOUT : errno, "");
  }
  std::unique_ptr<Legacy> legacy(new Legacy(std::move(connection)));
  legacy->receive(path);
  // It has ended in this moment: nobody is there any more.
  return legacy->sockets_.empty() ? nullptr : std::move(legacy);
}

void Legacy::receive(const std::string& path) {
  std::vector<char> text(kMostBytes);
  std::vector<char> control(CMSG_SPACE(kMostSockets * sizeof(int)));
  iovec part{text.data(), text.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t received = 0;
  do {
    received = ::recvmsg(connection_.number(), &message, MSG_CMSG_CLOEXEC);
  } while (received < 0 && errno == EINTR);
  if (received == 0 || (received < 0 && errno == ECONNRESET)) return;
  if (received < 0) {
    throw cannot_take_over(path, errno == EAGAIN ? ETIMEDOUT : errno, ", who is there is silent");
  }
  std::vector<Descriptor> descriptors = descriptors_of(message);
  const std::string said(text.data(), static_cast<std::size_t>(received));
  std::istringstream lines(said);
  std::string line;
  std::getline(lines, line);
  if (line.compare(0, kNo.size(), kNo) == 0) {
    throw cannot_take_over(path, EPERM, ", who is there says: " + line.substr(kNo.size()));
  }
  std::vector<std::string> addresses;
  if (line == kGreeting) {
    while (std::getline(lines, line) && !line.empty()) addresses.push_back(line);
  }
  if (addresses.empty() || addresses.size() != descriptors.size() || addresses[0] != kThePath) {
    throw cannot_take_over(path, EPROTO, ", who is there speaks another language");
  }
  for (std::size_t i = 0; i < descriptors.size(); ++i) {
    sockets_.push_back(std::make_unique<ListeningSocket>(
        listening(std::move(descriptors[i]), ListenAddress::Kind::tcp)));
    sockets_.back()->address = addresses[i];
  }
}

std::optional<ListeningSocket> Legacy::take(const std::string& address, bool any_port) {
  const auto found = std::find_if(sockets_.begin() + 1, sockets_.end(), [&](const auto& each) {
    return each != nullptr &&
           (each->address == address ||
            (any_port && each->port != 0 && host_of(each->address) == host_of(address)));
  });
  if (found == sockets_.end()) return std::nullopt;
  ListeningSocket taken = std::move(**found);
  found->reset();
  return taken;
}

Descriptor Legacy::take_path() { return std::move(sockets_.front()->descriptor); }

std::vector<std::string> Legacy::left() const {
  std::vector<std::string> all;
  std::for_each(sockets_.begin() + 1, sockets_.end(), [&](const auto& each) {
    if (each != nullptr) all.push_back(each->address);
  });
  return all;
}

void Legacy::accepting() { send(connection_.number(), std::string(kAccepting), {}); }

Handover::Handover(const std::string& path, Legacy* legacy)
    : path_(listen_at_take_over(path, legacy)), name_(path) {
  readable_.add(path_.descriptor.number());
}

void Handover::own_path() {
  if (path_.file == nullptr) path_.file = std::make_unique<SocketFile>(name_);
}

void Handover::leave_path() {
  if (path_.file != nullptr) path_.file->leave();
}

bool Handover::go_on(const ListeningSockets& sockets) {
  if (successor_ != nullptr && hear()) return true;
  auto asks = std::make_unique<Descriptor>(
      ::accept4(path_.descriptor.number(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  const int number = asks->number();
  if (number < 0) return false;
  if (!is_of_the_same_user(number)) {
    refuse(number, "only the same user may");
  } else if (successor_ != nullptr) {
    refuse(number, "another one does so now");
  } else if (sockets.size() >= kMostSockets) {
    refuse(number, "these are too many places");
  } else {
    give(number, sockets);
    readable_.add(number);
    successor_ = std::move(asks);
  }
  return false;
}

void Handover::give(int to, const ListeningSockets& sockets) {
  std::string text = std::string(kGreeting) + "\n" + std::string(kThePath) + "\n";
  std::vector<int> descriptors{path_.descriptor.number()};
  for (const ListeningSocket& each : sockets) {
    text += each.address + "\n";
    descriptors.push_back(each.descriptor.number());
  }
  send(to, text + "\n", descriptors);
}

// Has it said that it accepts? One that ends, or says anything else, takes nothing over.
bool Handover::hear() {
  char word[kAccepting.size()];
  const ssize_t received = ::recv(successor_->number(), word, sizeof word, MSG_DONTWAIT);
  if (received < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  const bool accepts =
      received > 0 && std::string_view(word, static_cast<std::size_t>(received)) == kAccepting;
  if (accepts) return true;
  successor_.reset();
  return false;
}

}  // namespace triloop
