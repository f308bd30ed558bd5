#include "triloop/client.h"

#include <cstdint>
#include <exception>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "client/check_client.h"
#include "client/dialing.h"
#include "client/opening.h"
#include "client/url.h"
#include "life/life.h"
#include "net/address_text.h"
#include "net/deadline.h"
#include "net/event.h"
#include "net/tls.h"
#include "observe/trace.h"
#include "threads/spare_threads.h"
#include "triloop/sync.h"

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

}  // namespace

struct Client::Impl {
  Impl(const std::string& to, Processor processor_of, const ClientOptions& given)
      : options(checked(given)), url(parse_url(to)), processor(std::move(processor_of)) {}

  void run() noexcept TRILOOP_EXCLUDES(mutex);
  void let_go() TRILOOP_EXCLUDES(mutex);
  ConnectionEnd run_connection();
  std::shared_ptr<Socket> open_stream() TRILOOP_EXCLUDES(mutex);
  std::shared_ptr<Connection> begin(const std::shared_ptr<Socket>& stream,
                                    std::unique_ptr<Upgrade> upgrade) TRILOOP_EXCLUDES(mutex);
  void give_up_if_stopped() const TRILOOP_EXCLUDES(mutex);
  bool wait_until(TimePoint deadline) TRILOOP_EXCLUDES(mutex);
  ConnectionEnd result() TRILOOP_EXCLUDES(mutex);
  static void tell(Connection& connection, int stops);

  const ClientOptions options;
  const Url url;
  const Processor processor;
  const std::uint64_t id = next_id();
  Event stopped;
  SpareThreads threads{0, options.stack_bytes};

  mutable Mutex mutex;
  CondVar open_or_over;
  bool is_started TRILOOP_GUARDED_BY(mutex) = false;
  int stops TRILOOP_GUARDED_BY(mutex) = 0;                   // calls of stop()
  std::shared_ptr<Socket> socket TRILOOP_GUARDED_BY(mutex);  // once there is one
  std::shared_ptr<Connection> connection TRILOOP_GUARDED_BY(mutex);
  bool is_over TRILOOP_GUARDED_BY(mutex) = false;
  ConnectionEnd end TRILOOP_GUARDED_BY(mutex);                 // how, when it is over
  std::exception_ptr no_connection TRILOOP_GUARDED_BY(mutex);  // or why there never was one

  SpareThreads::Task thread;  // last, so that it is joined before what it uses goes
};

// The top of the thread that becomes the reader.
void Client::Impl::run() noexcept {
  const trace::Track track(trace::Role::reader, id);
  ConnectionEnd ended;
  std::exception_ptr error;
  try {
    ended = run_connection();
  } catch (...) {
    error = std::current_exception();
  }
  let_go();
  const MutexLock lock(mutex);
  end = ended;
  no_connection = error;
  is_over = true;
  open_or_over.notify_all();
}

// Lets the connection go, and so the socket, before anybody hears that it is over.
void Client::Impl::let_go() {
  std::shared_ptr<Socket> last_socket;  // they go behind the lock
  std::shared_ptr<Connection> last_connection;
  const MutexLock lock(mutex);
  last_socket.swap(socket);
  last_connection.swap(connection);
}

ConnectionEnd Client::Impl::run_connection() {
  const std::shared_ptr<Socket> stream = open_stream();
  std::unique_ptr<Upgrade> upgrade;
  try {
    upgrade = Opening(*stream, url, options).shake_hands();
  } catch (const std::exception&) {
    give_up_if_stopped();  // that is why, and not what came of it
    throw;
  }
  const std::shared_ptr<Connection> opened = begin(stream, std::move(upgrade));
  Life::serve(*opened);
  return {*opened->ending().reason(), *opened->over().reason()};
}

// The stop that comes before the socket is known here is found behind it.
std::shared_ptr<Socket> Client::Impl::open_stream() {
  std::shared_ptr<Socket> stream = connect_stream(url, options, stopped);
  {
    const MutexLock lock(mutex);
    socket = stream;
  }
  give_up_if_stopped();
  return stream;
}

std::shared_ptr<Connection> Client::Impl::begin(const std::shared_ptr<Socket>& stream,
                                                std::unique_ptr<Upgrade> upgrade) {
  upgrade->number = id;
  upgrade->processor = &processor;
  std::shared_ptr<Connection> opened = Life::begin(id, stream, std::move(upgrade), threads);
  int told = 0;
  {
    const MutexLock lock(mutex);
    connection = opened;
    told = stops;
    open_or_over.notify_all();
  }
  tell(*opened, told);  // it was not there yet when that came
  return opened;
}

void Client::Impl::give_up_if_stopped() const {
  const MutexLock lock(mutex);
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
    if (!open_or_over.wait_until(mutex, deadline)) break;
  }
  return is_over;
}

ConnectionEnd Client::Impl::result() {
  const MutexLock lock(mutex);
  if (no_connection) std::rethrow_exception(no_connection);
  return end;
}

Client::Client(const std::string& url, Processor processor, const ClientOptions& options)
    : impl_(std::make_unique<Impl>(url, std::move(processor), options)) {}

Client::~Client() {
  stop();
  stop();
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
  while (client.connection == nullptr && !client.is_over) client.open_or_over.wait(client.mutex);
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
  }
  client.stopped.signal();
  if (opened != nullptr) Impl::tell(*opened, told);
}

ConnectionEnd connect(const std::string& url, Processor processor, const ClientOptions& options) {
  Client client(url, std::move(processor), options);
  client.start();
  return client.wait();
}

}  // namespace triloop
