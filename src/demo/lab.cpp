#include "demo/lab.h"

#include <algorithm>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "demo/lab_peer.h"
#include "demo/processors/delay.h"
#include "server/labels.h"
#include "triloop/handle.h"

namespace triloop {
namespace {

// May it be one? Of a flood no message is taken to pieces.
bool is_command(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\n\v\f\r");
  return first != std::string::npos && text[first] == '!';
}

// "!close 1000 bye": false if it is not that.
bool obey_close(Connection& connection, const std::string& text) {
  std::istringstream words(text);
  std::string command, reason;
  std::uint16_t code = 0;
  if (!(words >> command >> code) || command != "!close") return false;
  std::getline(words >> std::ws, reason);
  connection.close(code, reason);
  return true;
}

// The connections of the lab, each with its tab; that may be empty.
class Tabs {
  struct One {
    std::string tab;
    ConnectionHandle handle;
    const Latch* ending;  // the connection's, which is there for as long as its processor runs
  };

 public:
  // One of them, for as long as its processor runs.
  class Present {
   public:
    Present(Tabs& tabs, Connection& connection) : tabs_(tabs) {
      const MutexLock lock(tabs_.mutex_);
      const std::string tab = connection.request().parameter("tab");
      tabs_.all_.push_front({tab, connection.handle(), &connection.ending()});
      me_ = tabs_.all_.begin();
    }
    ~Present() {
      const MutexLock lock(tabs_.mutex_);
      tabs_.all_.erase(me_);
    }
    Present(const Present&) = delete;
    Present& operator=(const Present&) = delete;

   private:
    Tabs& tabs_;
    std::list<One>::iterator me_;
  };

  std::vector<ConnectionHandle> of(const std::string& tab) {
    const MutexLock lock(mutex_);
    std::vector<ConnectionHandle> found;
    for (const One& one : all_) {
      if (one.tab == tab) found.push_back(one.handle);
    }
    return found;
  }

  // Is one of them there that has not begun to end?
  bool has_open(const std::string& tab) {
    const MutexLock lock(mutex_);
    return std::any_of(all_.begin(), all_.end(),
                       [&](const One& one) { return one.tab == tab && !one.ending->fired(); });
  }

 private:
  Mutex mutex_;
  std::list<One> all_ TRILOOP_GUARDED_BY(mutex_);
};

class Lab {
 public:
  explicit Lab(UpstreamAddress server)
      : peers_(std::move(server), [this](const std::string& tab) { return tabs_.has_open(tab); }) {}

  void serve(Connection& connection) {
    const Tabs::Present present(tabs_, connection);
    const auto delay = delay_of(connection);
    if (!delay) return;
    while (std::optional<Message> message = connection.read()) {
      be_slow(connection, *delay);
      if (message->data == "!throw") throw std::runtime_error("the lab asked for it");
      if (is_command(message->data)) {
        if (obey_close(connection, message->data)) continue;
        if (const auto answer = obey(connection, message->data)) *message = Message::text(*answer);
      }
      if (!connection.write(std::move(*message))) return;
    }
  }

 private:
  // What is answered to a message instead of its echo; nullopt if it is no command.
  std::optional<std::string> obey(Connection& connection, const std::string& text) {
    std::istringstream words(text);
    std::string command, kind, tab;
    words >> command;
    if (command == "!peer" && words >> kind >> tab) return start_peer(connection, kind, tab);
    if (command == "!cut" && words >> tab) return cut(tab);
    return std::nullopt;
  }

  std::string start_peer(Connection& connection, const std::string& kind, const std::string& tab) {
    const bool reads_nothing = kind == "stops-reading";
    if (!reads_nothing && kind != "vanishes") return "!refused there is no such peer";
    if (!is_label(tab)) return "!refused a tab is up to 40 letters, digits, _ and -";
    if (tabs_.has_open(tab)) return "!refused that tab has a connection";
    const std::string why_not =
        peers_.start(reads_nothing ? LabPeers::Kind::kStopsReading : LabPeers::Kind::kVanishes, tab,
                     connection.ending());
    return why_not.empty() ? "!peer " + tab : "!refused " + why_not;
  }

  std::string cut(const std::string& tab) {
    const std::vector<ConnectionHandle> found = tabs_.of(tab);
    for (const ConnectionHandle& one : found) one.abort("the lab cut it");
    return found.empty() ? "!refused there is no such tab" : "!cut " + tab;
  }

  Tabs tabs_;
  LabPeers peers_;  // last: their threads ask for tabs
};

// Where the server itself finds its port; empty if it has none.
UpstreamAddress own_address(const Server& server) {
  constexpr std::string_view kScheme = "http://";
  const std::string url = server.url();
  if (url.rfind(kScheme, 0) != 0) return {};
  UpstreamAddress address =
      parse_upstream(url.substr(kScheme.size(), url.size() - kScheme.size() - 1));
  if (address.host == "0.0.0.0") address.host = "127.0.0.1";
  if (address.host == "::") address.host = "::1";
  return address;
}

}  // namespace

void serve_lab(Server& server, const Options& options) {
  PathOptions mine = options;
  mine.heartbeat = std::chrono::milliseconds(0);  // it would be counted among the echoes
  const auto lab = std::make_shared<Lab>(own_address(server));
  server.handle(
      "/lab", [lab](Connection& connection) { lab->serve(connection); }, {}, mine);
}

}  // namespace triloop
