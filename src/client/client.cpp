#include "triloop/client.h"

#include <cstdint>
#include <exception>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "client/check_client.h"
#include "client/dialing.h"
#include "client/opening.h"
#include "client/reconnecting.h"
#include "client/url.h"
#include "life/life.h"
#include "net/address_text.h"
#include "net/deadline.h"
#include "net/event.h"
#include "net/tls.h"
#include "observe/trace.h"
#include "threads/spare_threads.h"
#include "triloop/sync.h"
#include "websocket/mask.h"
#include "websocket/wall_clock.h"

namespace triloop {
namespace {

// In the log and in the names of threads; the first of a process is 1.
std::uint64_t next_id() {
  static Atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

// The stream to the server. Here, and nowhere else, comes in what lies between TCP and HTTP: a
// decorator of the Socket (net/socket.h), which shakes its hands in open().
std::unique_ptr<Socket> connect_stream(const Url& url, const ClientOptions& options,
                                       const Event& stopped) {
  const trace::Slice connecting("connecting");
  const std::string what = "cannot connect to " + url.authority;
  const std::vector<Address> addresses = interleaved(look_up(url.host, url.port));
  try {
    Dialled dialled = dial(addresses, deadline_in(options.connect_timeout), stopped.descriptor(),
                           options.write_timeout);
    const std::string peer = to_text(dialled.peer.bytes, dialled.peer.size);
    std::unique_ptr<Socket> stream = make_socket(std::move(dialled.descriptor), peer);
    if (url.secure) stream = make_tls_client_socket(std::move(stream), options.tls, url.host);
    return stream;
  } catch (const std::system_error& error) {
    throw std::system_error(error.code(), what);
  }
}

std::uint64_t draw() {
  std::uint64_t random = 0;
  fill_random(reinterpret_cast<char*>(&random), sizeof random);
  return random;
}

}  // namespace

struct Client::Impl {
  Impl(const std::string& to, Processor processor_of, const ClientOptions& given)
      : options(checked(given)), url(parse_url(to)), processor(std::move(processor_of)) {}

  void run() noexcept TRILOOP_EXCLUDES(mutex);
  Attempt run_once() noexcept TRILOOP_EXCLUDES(mutex);
  void let_go() TRILOOP_EXCLUDES(mutex);
  void run_connection(Attempt& result);
  bool goes_on_behind(const Attempt& attempt, Backoff& backoff) TRILOOP_EXCLUDES(mutex);
  void pause(std::chrono::milliseconds time) TRILOOP_EXCLUDES(mutex);
  std::shared_ptr<Socket> open_stream() TRILOOP_EXCLUDES(mutex);
  std::shared_ptr<Connection> begin(const std::shared_ptr<Socket>& stream,
                                    std::unique_ptr<Upgrade> upgrade) TRILOOP_EXCLUDES(mutex);
  void give_up_if_stopped() const TRILOOP_REQUIRES(mutex);
  bool wait_until(TimePoint deadline) TRILOOP_EXCLUDES(mutex);
  ConnectionEnd result() TRILOOP_EXCLUDES(mutex);
  static void tell(Connection& connection, int stops);

  const ClientOptions options;
  const Url url;
  const Processor processor;
  std::uint64_t id = next_id();  // its thread's, which takes another for each connection
  Event stopped;
  SpareThreads threads{0, options.stack_bytes};

  mutable Mutex mutex;
  CondVar changed;  // it is open, or over, or to be stopped
  bool is_started TRILOOP_GUARDED_BY(mutex) = false;
  int stops TRILOOP_GUARDED_BY(mutex) = 0;                   // calls of stop()
  std::shared_ptr<Socket> socket TRILOOP_GUARDED_BY(mutex);  // once there is one
  std::shared_ptr<Connection> connection TRILOOP_GUARDED_BY(mutex);
  bool is_over TRILOOP_GUARDED_BY(mutex) = false;
  Attempt last TRILOOP_GUARDED_BY(mutex);  // when it is over

  SpareThreads::Task thread;  // last, so that it is joined before what it uses goes
};

// The top of the thread that becomes the reader, of one connection after the other.
void Client::Impl::run() noexcept {
  Backoff backoff(options.reconnect);
  Attempt result = run_once();
  try {
    while (goes_on_behind(result, backoff)) {
      id = next_id();
      name_this_thread("read-" + std::to_string(id));
      result = run_once();
    }
  } catch (...) {  // stopped meanwhile, or on_lost() has thrown
    result.no_connection = std::current_exception();
  }
  const MutexLock lock(mutex);
  last = std::move(result);
  is_over = true;
  changed.notify_all();
}

Attempt Client::Impl::run_once() noexcept {
  const trace::Track track(trace::Role::reader, id);
  Attempt result;
  try {
    run_connection(result);
  } catch (...) {
    result.no_connection = std::current_exception();
  }
  let_go();
  return result;
}

// Tells whom it is to be told, and waits. Blocks for on_lost(), and until it is time; freed by
// stop(). Throws if that came, or what on_lost() throws.
bool Client::Impl::goes_on_behind(const Attempt& attempt, Backoff& backoff) {
  {
    const MutexLock lock(mutex);
    if (stops > 0 || options.reconnect.max_retries == 0) return false;
  }
  const auto wait = backoff.wait_behind(attempt, wall_clock(), draw());
  if (!wait) return false;
  log_again(id, attempt, *wait, options.reconnect.on_lost != nullptr);
  if (!attempt.no_connection && options.reconnect.on_lost) options.reconnect.on_lost(attempt.end);
  pause(*wait);
  return true;
}

// Throws if it was cut short by stop().
void Client::Impl::pause(std::chrono::milliseconds time) {
  const TimePoint until = deadline_in(time);
  const MutexLock lock(mutex);
  while (stops == 0 && changed.wait_until(mutex, until)) {
  }
  give_up_if_stopped();
}

// Lets the connection go, and so the socket, before anybody hears that it is over.
void Client::Impl::let_go() {
  std::shared_ptr<Socket> last_socket;  // they go behind the lock
  std::shared_ptr<Connection> last_connection;
  const MutexLock lock(mutex);
  last_socket.swap(socket);
  last_connection.swap(connection);
}

void Client::Impl::run_connection(Attempt& result) {
  std::shared_ptr<Socket> stream;
  std::unique_ptr<Upgrade> upgrade;
  try {
    stream = open_stream();
    upgrade = Opening(*stream, url, options).shake_hands();
  } catch (const std::exception&) {
    const MutexLock lock(mutex);
    give_up_if_stopped();  // that is why, and not what came of it
    throw;
  }
  const std::shared_ptr<Connection> opened = begin(stream, std::move(upgrade));
  const TimePoint begun = Clock::now();
  Life::serve(*opened);
  result.stood = Clock::now() - begun;
  result.end = Life::end_of(*opened);
}

// The stop that comes before the socket is known here is found behind it.
std::shared_ptr<Socket> Client::Impl::open_stream() {
  std::shared_ptr<Socket> stream = connect_stream(url, options, stopped);
  const MutexLock lock(mutex);
  give_up_if_stopped();
  socket = stream;
  return stream;
}

std::shared_ptr<Connection> Client::Impl::begin(const std::shared_ptr<Socket>& stream,
                                                std::unique_ptr<Upgrade> upgrade) {
  upgrade->number = id;
  upgrade->processor = &processor;
  std::shared_ptr<Connection> opened = Life::begin(id, stream, std::move(upgrade), threads);
  const MutexLock lock(mutex);
  give_up_if_stopped();  // the socket has been shut down
  connection = opened;
  changed.notify_all();
  return opened;
}

void Client::Impl::give_up_if_stopped() const {
  if (stops == 0) return;
  throw std::system_error(std::make_error_code(std::errc::operation_canceled),
                          "cannot connect to " + url.authority);
}

void Client::Impl::tell(Connection& connection, int stops) {
  if (stops == 1) connection.close(close_code::kGoingAway, "client stopping");
  if (stops > 1) connection.abort("the client could wait no longer");
}

bool Client::Impl::wait_until(TimePoint deadline) {
  const MutexLock lock(mutex);
  if (!is_started) throw std::logic_error("a client is waited for after start()");
  while (!is_over) {
    if (!changed.wait_until(mutex, deadline)) break;
  }
  return is_over;
}

ConnectionEnd Client::Impl::result() {
  const MutexLock lock(mutex);
  if (last.no_connection) std::rethrow_exception(last.no_connection);
  return last.end;
}

Client::Client(const std::string& url, Processor processor, const ClientOptions& options)
    : impl_(std::make_unique<Impl>(url, std::move(processor), options)) {}

// Joined here, and not with what it uses: the processor may still call this client.
Client::~Client() {
  stop();
  stop();
  impl_->thread.join();
}

void Client::start() {
  Impl& client = *impl_;
  {
    const MutexLock lock(client.mutex);
    if (client.is_started) throw std::logic_error("a client is started once");
    client.is_started = true;
  }
  try {
    client.thread =
        client.threads.start("read-" + std::to_string(client.id), [&client] { client.run(); });
  } catch (...) {
    const MutexLock lock(client.mutex);
    client.is_started = false;
    throw;
  }
}

ConnectionHandle Client::handle() {
  Impl& client = *impl_;
  const MutexLock lock(client.mutex);
  if (!client.is_started) throw std::logic_error("a client has a handle after start()");
  while (client.connection == nullptr && !client.is_over) client.changed.wait(client.mutex);
  return client.connection == nullptr ? ConnectionHandle() : client.connection->handle();
}

ConnectionEnd Client::wait() {
  impl_->wait_until(kNever);
  return impl_->result();
}

std::optional<ConnectionEnd> Client::wait_for(std::chrono::milliseconds timeout) {
  if (!impl_->wait_until(deadline_in(timeout))) return std::nullopt;
  return impl_->result();
}

// Who connects or shakes hands is cut off, and finds `stops`; so does who looks up, in its own
// time.
void Client::stop() {
  Impl& client = *impl_;
  std::shared_ptr<Connection> opened;
  int told = 0;
  {
    const MutexLock lock(client.mutex);
    told = ++client.stops;
    opened = client.connection;
    if (opened == nullptr && client.socket != nullptr) client.socket->shutdown();
    client.changed.notify_all();
  }
  client.stopped.signal();
  if (opened != nullptr) Impl::tell(*opened, told);
}

}  // namespace triloop
