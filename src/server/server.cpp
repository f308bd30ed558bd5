// The accept loop: it gives each connection its thread, and joins it when the connection is over.
#include "triloop/server.h"

#include <poll.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <map>
#include <optional>
#include <stdexcept>
#include <utility>

#include "net/deadline.h"
#include "net/event.h"
#include "net/proxied_socket.h"
#include "observe/trace.h"
#include "server/admission.h"
#include "server/check_options.h"
#include "server/listener.h"
#include "server/roster.h"
#include "server/routes.h"
#include "server/served.h"
#include "server/tls_door.h"
#include "threads/many_threads.h"
#include "threads/spare_threads.h"
#include "triloop/sync.h"

namespace triloop {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kThreadsPerConnection = 3;

// Out of descriptors or memory: there is no use in asking again before one may have been freed.
constexpr milliseconds kAcceptPause{100};

// Connections taken in one go, lest a flood of them keep the loop from anything else.
constexpr int kAcceptsPerTurn = 64;

// Peers with a thread that waits for them to leave after the last answer they get. All others are
// closed right behind it.
constexpr std::size_t kLeaving = 64;

// For who was accepted to send a request, where others listen on. Most need no more than a moment.
constexpr milliseconds kArrivingGrace{2000};

// What aborted connections get for waking up, ending and being joined.
constexpr milliseconds kAbortGrace{1000};

void check_path(const std::string& path) {
  if (Routes::is_path(path)) return;
  throw std::invalid_argument("a path may have a * only as /* at its end");
}

}  // namespace

struct Server::Impl {
  explicit Impl(const Options& given)
      : options(checked(given)),
        tls_door(options.tls),
        listener(options),
        threads(options.spare_threads, options.stack_bytes),
        admission({options.max_handshakes, options.max_connections, kLeaving}, one_finished) {
    routes.trust = Trust(options);
    const AddressLimits::Bounds each{options.max_connections_per_address,
                                     options.handshakes_per_second};
    if (each.connections > 0 || each.handshakes_per_second > 0) limits.emplace(each);
    reserve_futex_slots(kThreadsPerConnection * options.max_connections);
  }

  // What the accept loop found when it woke up.
  struct Wake {
    bool connection_waits = false;
    std::uint64_t stops = 0;  // calls of stop()
  };

  // A peer and the thread that serves it.
  struct Client {
    Client(Admission& admission, AddressLimits* limits) : place(admission, limits) {}

    Place place;
    std::shared_ptr<Served> served;  // shared with the roster
    SpareThreads::Task thread;       // last, so that it is joined before that goes
  };

  Wake wait(TimePoint deadline, bool accepting);
  void accept_waiting();
  void admit(Accepted accepted);
  void join_finished();
  std::optional<std::uint64_t> next_finished();
  void await_arriving(TimePoint deadline, std::uint64_t& stops);
  bool wait_until_empty(TimePoint deadline, bool stoppable);

  const Options options;
  TlsDoor tls_door;
  Routes routes;  // constant once run() has begun
  Listener listener;
  Event stop_asked;
  Event one_finished;
  SpareThreads threads;
  std::optional<AddressLimits> limits;  // none: no table, and nobody is looked up in it
  Admission admission;
  Roster roster;

  Mutex mutex;
  std::vector<std::uint64_t> finished TRILOOP_GUARDED_BY(mutex);  // to be joined

  // The thread of run() only.
  std::uint64_t last_id = 0;
  TimePoint accept_again = TimePoint::min();
  std::map<std::uint64_t, Client> clients;  // last: joined before what they use goes
};

Server::Server(const Options& options) : impl_(std::make_unique<Impl>(options)) {}

Server::~Server() {
  for (auto& [id, client] : impl_->clients) client.served->stop_now();
  impl_->clients.clear();  // joins
}

std::uint16_t Server::port() const { return impl_->listener.port(); }
std::string Server::url() const { return urls().front(); }
std::vector<std::string> Server::urls() const { return impl_->listener.urls(); }

void Server::handle(const std::string& path, Processor processor,
                    std::vector<std::string> subprotocols,
                    const std::optional<PathOptions>& options) {
  if (options) check(*options);
  check_path(path);
  impl_->routes.processors[path] = {std::move(processor), std::move(subprotocols), options};
}

void Server::admit(const std::string& path, Admit admit) {
  check_path(path);
  impl_->routes.admits[path] = std::move(admit);
}

void Server::label_connections(const std::string& parameter) {
  impl_->routes.label_parameter = parameter;
}

void Server::page(const std::string& path, Page page) {
  check_path(path);
  impl_->routes.pages[path] = std::move(page);
}

ServerSnapshot Server::snapshot() const {
  ServerSnapshot now = impl_->roster.snapshot();
  now.websockets = impl_->routes.websockets.get();
  return now;
}

bool Server::reload_tls() { return impl_->tls_door.reload(); }

void Server::stop() noexcept { impl_->stop_asked.signal(); }

std::vector<std::uint64_t> Server::run() {
  const trace::Track track(trace::Role::accept);
  const BatchScheduling for_all_threads;  // the connections' inherit it: all come from this one
  Impl& server = *impl_;
  server.routes.check_admits();
  std::uint64_t stops = 0;
  server.listener.begin();
  while (stops == 0 && !server.listener.is_handed_over()) {
    const Impl::Wake wake = server.wait(kNever, /*accepting=*/true);
    stops = wake.stops;
    server.join_finished();
    if (wake.connection_waits && stops == 0) server.accept_waiting();
  }

  const bool others_listen = server.listener.close();
  if (others_listen) server.await_arriving(Clock::now() + kArrivingGrace, stops);
  for (auto& [id, client] : server.clients) client.served->stop();
  spdlog::info("stopping: {} connections to drain", server.clients.size());
  const bool in_a_hurry = stops > 1;
  const TimePoint drained_by = Clock::now() + server.options.drain_timeout;
  if (in_a_hurry || !server.wait_until_empty(drained_by, /*stoppable=*/true)) {
    for (auto& [id, client] : server.clients) client.served->stop_now();
    server.wait_until_empty(Clock::now() + kAbortGrace, /*stoppable=*/false);
  }
  std::vector<std::uint64_t> stuck;
  for (const auto& [id, client] : server.clients) stuck.push_back(id);
  return stuck;
}

// Blocks until there is something to do; freed by a new connection that may come in, by stop(), by
// a connection that has finished, or by `deadline`.
Server::Impl::Wake Server::Impl::wait(TimePoint deadline, bool accepting) {
  const trace::Slice waiting("waiting for something to do");
  const bool pausing = accepting && Clock::now() < accept_again;
  accepting = accepting && !pausing && admission.may_arrive();
  if (pausing) deadline = std::min(deadline, accept_again);
  pollfd events[] = {{stop_asked.descriptor(), POLLIN, 0},
                     {one_finished.descriptor(), POLLIN, 0},
                     {accepting ? listener.descriptor() : -1, POLLIN, 0}};
  if (::poll(events, 3, poll_timeout(deadline)) < 0) {
    if (errno == EINTR) return {};  // the caller comes back
    throw std::system_error(errno, std::generic_category(), "poll");
  }
  one_finished.take();
  return {events[2].revents != 0, stop_asked.take()};
}

void Server::Impl::accept_waiting() {
  const trace::Slice accepting("accepting");
  try {
    for (int turn = 0; turn < kAcceptsPerTurn && admission.may_arrive(); ++turn) {
      std::error_code error;
      Accepted accepted = listener.accept(error);
      if (accepted.socket != nullptr) {
        admit(std::move(accepted));
      } else if (error == std::errc::connection_aborted || error == std::errc::interrupted) {
        continue;  // that peer has left while it waited
      } else if (error) {
        throw std::system_error(error);
      } else {
        return;
      }
    }
  } catch (const std::exception& error) {  // no descriptor, thread or memory left
    spdlog::warn("cannot accept for now: {}", error.what());
    accept_again = Clock::now() + kAcceptPause;
  }
}

// Starts the connection's own thread, which does all the rest.
void Server::Impl::admit(Accepted accepted) {
  const std::uint64_t id = ++last_id;
  std::unique_ptr<Socket> socket = std::move(accepted.socket);
  if (routes.trust.proxy_protocol.contains(socket->peer_address())) {
    socket = make_proxied_socket(std::move(socket));
  }
  if (accepted.speaks_tls) socket = tls_door.enter(std::move(socket));
  auto served = std::make_shared<Served>(id, std::move(socket), options.stop_code);
  {
    const MutexLock lock(mutex);
    finished.reserve(clients.size() + 1);  // so that a thread can always say that it is done
  }
  Client& client = clients.try_emplace(id, admission, limits ? &*limits : nullptr).first->second;
  client.served = std::move(served);
  try {
    roster.add(client.served);
    client.thread = threads.start("read-" + std::to_string(id), [this, id, &client] {
      {
        const trace::Track track(trace::Role::reader, id);
        client.served->serve(routes, options, threads, &client.place);
      }
      const MutexLock lock(mutex);
      finished.push_back(id);
      one_finished.signal();
    });
  } catch (...) {
    roster.remove(id);
    clients.erase(id);  // and so closes the socket: this peer is refused
    throw;
  }
}

void Server::Impl::join_finished() {
  while (const std::optional<std::uint64_t> id = next_finished()) {
    const trace::Slice joining("joining");
    const auto client = clients.find(*id);
    client->second.thread.join();  // it is at its last instruction
    roster.remove(*id);
    clients.erase(client);
  }
}

std::optional<std::uint64_t> Server::Impl::next_finished() {
  const MutexLock lock(mutex);
  if (finished.empty()) return std::nullopt;
  const std::uint64_t id = finished.back();
  finished.pop_back();
  return id;
}

// Who has been accepted here cannot be served by who listens on; so nobody is cut off between the
// two. Without that their connection would end before they are told 101.
void Server::Impl::await_arriving(TimePoint deadline, std::uint64_t& stops) {
  while (admission.anybody_arrives() && Clock::now() < deadline && stops < 2) {
    stops += wait(deadline, /*accepting=*/false).stops;
    join_finished();
  }
}

// False if some are left at the deadline or, if `stoppable`, when stop() is called again.
bool Server::Impl::wait_until_empty(TimePoint deadline, bool stoppable) {
  for (;;) {
    join_finished();
    if (clients.empty()) return true;
    if (Clock::now() >= deadline) return false;
    const std::uint64_t stops = wait(deadline, /*accepting=*/false).stops;
    if (stoppable && stops > 0) return false;
  }
}

}  // namespace triloop
