#include "demo/dial.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "net/event.h"
#include "net/socket.h"
#include "triloop/client.h"
#include "triloop/sync.h"
#include "websocket/printable.h"

namespace triloop {
namespace {

constexpr int kBroken = 1;
constexpr int kOtherCode = 3;

// While a message waits for room, signals are looked for this often.
constexpr std::chrono::milliseconds kGlance{100};

// SIGINT and SIGTERM, as a descriptor; all threads started after it leave them to that.
Descriptor take_signals() {
  sigset_t both;
  ::sigemptyset(&both);
  ::sigaddset(&both, SIGINT);
  ::sigaddset(&both, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &both, nullptr);
  Descriptor signals(::signalfd(-1, &both, SFD_NONBLOCK | SFD_CLOEXEC));
  if (signals.number() < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
  return signals;
}

// False if nobody takes it any more. Blocks while whoever reads is slow: then so does the server.
bool write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// What a server says may steer a terminal; a pipe gets it as it is.
bool print(const Message& message) {
  static const bool terminal = ::isatty(STDOUT_FILENO) != 0;
  return write_all((terminal ? printable(message.data, SIZE_MAX) : message.data) + "\n");
}

// One call of dial(). Its main thread reads the input and the signals; the client's processor
// prints; a third waits for the end.
class Dial {
 public:
  explicit Dial(const DialOptions& options)
      : options_(options),
        signals_(take_signals()),
        client_(
            options.url, [this](Connection& connection) { talk(connection); }, client_options()) {}

  int run() {
    client_.start();
    {
      const Thread waits("dial-wait", [this] { await_end(); });
      try {
        while (!over_) turn();
      } catch (...) {  // nobody reads any more: the end, which `waits` is joined behind
        client_.stop();
        client_.stop();  // at once, and not when the server has agreed
        throw;
      }
    }
    return status();
  }

 private:
  ClientOptions client_options() {
    ClientOptions options = options_.client;
    options.reconnect.on_lost = [this](const ConnectionEnd& end) { lost(end); };
    return options;
  }

  // The processor's thread, of each connection.
  void talk(Connection& connection) {
    while (!unsent_.empty() && connection.write(unsent_.front())) unsent_.pop_front();
    {
      const MutexLock lock(mutex_);
      server_ = connection.handle();
    }
    open_ = true;
    news_.signal();
    if (says_no_more_) return;
    for (const Message& message : connection) {
      if (!print(message) || ++printed_ == options_.count) return;
    }
  }

  // The client's, between two of them. What was not sent goes first on the next.
  void lost(const ConnectionEnd& end) {
    open_ = false;
    unsent_.insert(unsent_.begin(), end.unsent.begin(), end.unsent.end());
    is_in_doubt_ = is_in_doubt_ || end.in_doubt > 0 || end.unacknowledged_bytes > 0;
    std::cerr << "triloop: lost: " << text_of(end.over);
    if (!end.unsent.empty()) std::cerr << "; not sent yet: " << end.unsent.size() << " lines";
    if (end.in_doubt > 0) std::cerr << "; perhaps not sent: " << end.in_doubt << " lines";
    if (end.unacknowledged_bytes > 0) {
      std::cerr << "; perhaps not received: the last " << end.unacknowledged_bytes << " bytes";
    }
    std::cerr << "\n";
  }

  ConnectionHandle server() {
    const MutexLock lock(mutex_);
    return server_;
  }

  void await_end() {
    try {
      end_ = client_.wait();
    } catch (...) {
      no_connection_ = std::current_exception();
    }
    over_ = true;
    news_.signal();
  }

  // The rest is the main thread's. Blocks until there is input, a signal, or news of the
  // connection; input is waited for while it is open.
  void turn() {
    if (await_news(open_ && !input_ended_ && stops_ == 0)) read_input();
  }

  // True if there is input, where that is asked for.
  bool await_news(bool reads) {
    pollfd polled[] = {{signals_.number(), POLLIN, 0},
                       {news_.descriptor(), POLLIN, 0},
                       {reads ? STDIN_FILENO : -1, POLLIN, 0}};
    if (::poll(polled, 3, -1) < 0) {
      if (errno == EINTR) return false;
      throw std::system_error(errno, std::generic_category(), "poll");
    }
    news_.take();
    take_signal();
    return polled[2].revents != 0;
  }

  void take_signal() {
    signalfd_siginfo ignored;
    while (::read(signals_.number(), &ignored, sizeof ignored) > 0) {
      if (++stops_ > 1) std::_Exit(kBroken);  // whoever blocks, in a look-up or in a pipe
      client_.stop();
    }
  }

  void read_input() {
    std::array<char, 65536> buffer;
    const ssize_t size = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (size < 0) return fail(std::string("standard input: ") + std::strerror(errno));
    std::string_view bytes(buffer.data(), static_cast<std::size_t>(size));
    while (!bytes.empty() && !input_ended_) take(bytes);
    if (size == 0) end_input();
  }

  // Up to the end of a line, or as much as there is.
  void take(std::string_view& bytes) {
    const std::size_t end = bytes.find('\n');
    line_ += bytes.substr(0, end);
    bytes.remove_prefix(std::min(end == std::string_view::npos ? end : end + 1, bytes.size()));
    if (line_.size() > options_.client.max_message_bytes) {
      return fail(what_line() + " is longer than " +
                  std::to_string(options_.client.max_message_bytes) + " bytes (--max-message)");
    }
    if (end != std::string_view::npos) send();
  }

  void send() {
    ++lines_;
    Message message{options_.binary ? MessageType::binary : MessageType::text,
                    std::exchange(line_, "")};
    try {
      while (stops_ == 0) {
        const WriteResult result = server().write_for(message, kGlance);
        if (result == WriteResult::kQueued) return;
        if (over_) break;
        if (result == WriteResult::kOver) {
          await_news(false);  // of the end, or of the next connection, which this one is for
        } else {
          take_signal();
        }
      }
    } catch (const std::invalid_argument&) {
      return fail(what_line() + " is not UTF-8 (--binary sends it)");
    }
    input_ended_ = true;  // nobody takes the rest
  }

  // Everything is queued. Who counts messages may still wait for some.
  void end_input() {
    if (!line_.empty()) send();
    input_ended_ = true;
    if (options_.count == 0) close();
  }

  // Whichever of the two comes later sees the other: the next connection, or that it has to close.
  void close() {
    says_no_more_ = true;
    server().close();
  }

  void fail(const std::string& what) {
    std::cerr << "triloop: " << what << "\n";
    failed_ = input_ended_ = true;
    close();
  }

  std::string what_line() const {
    return "line " + std::to_string(lines_ + (line_.empty() ? 0 : 1));
  }

  int status() const {
    if (no_connection_) std::rethrow_exception(no_connection_);
    const std::uint16_t code = end_.began.code;
    if (end_.is_clean && (code == close_code::kNormal || code == close_code::kGoingAway ||
                          code == close_code::kNoStatus)) {
      return failed_ || is_in_doubt_ ? kBroken : EXIT_SUCCESS;
    }
    std::cerr << "triloop: closed by " << text_of(end_.is_clean ? end_.began : end_.over) << "\n";
    return end_.is_clean ? kOtherCode : kBroken;
  }

  static std::string text_of(const CloseReason& why) {
    std::string text = std::string(name_of(why.by)) + ", " + std::to_string(why.code);
    return why.text.empty() ? text : text + " \"" + printable(why.text) + '"';
  }

  const DialOptions& options_;
  const Descriptor signals_;
  Event news_;                        // open_ or over_ has changed
  Atomic<bool> open_{false};          // set by the processor, and unset by lost()
  Atomic<bool> says_no_more_{false};  // a connection that comes is for closing
  Atomic<bool> over_{false};          // set behind the next two
  ConnectionEnd end_;                 // how it ended,
  std::exception_ptr no_connection_;  // or why it never began

  Mutex mutex_;
  ConnectionHandle server_ TRILOOP_GUARDED_BY(mutex_);  // the present one
  // Processors, which come one after the other, and lost() between.
  std::size_t printed_ = 0;
  std::deque<Message> unsent_;
  bool is_in_doubt_ = false;  // whether a server has got all that was sent

  // The main thread only.
  std::string line_;  // which has not ended yet
  std::size_t lines_ = 0;
  int stops_ = 0;  // signals
  bool input_ended_ = false;
  bool failed_ = false;

  Client client_;  // last: its threads use the rest
};

}  // namespace

int dial(const DialOptions& options) {
  if (options.client.tls.insecure) {
    std::cerr << "triloop: --insecure: nobody has looked at who answers, and who may read this\n";
  }
  std::signal(SIGPIPE, SIG_IGN);  // standard output may be a pipe that somebody closes
  try {
    return Dial(options).run();
  } catch (const ConnectError& error) {
    const std::string body = error.body().substr(0, error.body().find('\n'));
    std::cerr << "triloop: " << printable(error.what()) << (body.empty() ? "" : ": ")
              << printable(body) << "\n";
    return kBroken;
  }
}

}  // namespace triloop
