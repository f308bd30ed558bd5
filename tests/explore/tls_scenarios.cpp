// The TLS socket that ships, on a record layer that finds two threads in it
// (include/net/tls_records.h), over a pipe of a few bytes.
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "life/life.h"
#include "peer.h"
#include "scenarios.h"
#include "threads/spare_threads.h"
#include "tls_play.h"
#include "websocket/upgrade.h"

namespace triloop {

namespace {

class Category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "tls"; }
  std::string message(int /*value*/) const override { return "the stream was cut"; }
};

}  // namespace

std::error_code make_error_code(TlsError error) {
  static const Category category;
  return {static_cast<int>(error), category};
}

std::shared_ptr<const TlsContext> make_tls_context(const TlsOptions& /*options*/) {
  throw std::invalid_argument("the explorer has no certificates");
}

}  // namespace triloop

namespace explore {
namespace {

constexpr std::size_t kRoom = 64;   // for all that is said
constexpr std::size_t kNarrow = 4;  // for half a record
constexpr std::size_t kShort = 6;   // for all of it but a byte

struct Spoken {
  std::string heard;      // by the reader
  std::error_code error;  // at its end
};

// The handshake is over when it begins: one thread had it, so there is nothing to choose.
Spoken speak(std::size_t capacity, const std::string& writer_says,
             const std::function<void(TlsPeer&, TlsEnd&)>& peer_does) {
  Link link(capacity);
  name_this_thread("peer");
  TlsPeer peer(link);
  TlsEnd end(link, writer_says);
  peer.begin();
  end.open();
  peer.shake_hands();
  end.begin();
  peer_does(peer, end);
  Spoken spoken;
  spoken.heard = end.join(spoken.error);
  return spoken;
}

// Both end properly.
void expect_heard(const Spoken& spoken, const std::string& all) {
  require(!spoken.error, "the stream was cut");
  require(spoken.heard == all, "the reader has another text");
}

void part(TlsPeer& peer) {
  peer.end();
  peer.await_end();
}

void both_directions_move() {
  const Spoken spoken = speak(kRoom, "abc", [](TlsPeer& peer, TlsEnd&) {
    peer.say("xyz");
    peer.await("abc");
    part(peer);
  });
  expect_heard(spoken, "xyz");
}

// It reads nothing before it has said all.
void both_directions_are_full() {
  const Spoken spoken = speak(kNarrow, "abcd", [](TlsPeer& peer, TlsEnd&) {
    peer.say("wxyz");
    peer.await("abcd");
    part(peer);
  });
  expect_heard(spoken, "wxyz");
}

void the_peer_waits_for_the_writer() {
  const Spoken spoken = speak(kNarrow, "abc", [](TlsPeer& peer, TlsEnd&) {
    peer.await("abc");
    part(peer);
  });
  expect_heard(spoken, "");
}

void a_key_update_while_the_writer_sends() {
  const Spoken spoken = speak(kRoom, "abc", [](TlsPeer& peer, TlsEnd&) {
    peer.update_keys();
    peer.say("x");
    peer.await_answers(1);
    part(peer);
    require(peer.heard().compare(0, 3, "abc") == 0, "another text");
  });
  expect_heard(spoken, "x");
}

// It says nothing more before it has its answers.
void key_updates_while_the_writer_sleeps() {
  const Spoken spoken = speak(kRoom, "", [](TlsPeer& peer, TlsEnd&) {
    for (int i = 1; i <= 2; ++i) {
      peer.update_keys();
      peer.await_answers(i);
    }
    part(peer);
  });
  expect_heard(spoken, "");
}

void a_key_update_while_the_kernel_is_full() {
  const Spoken spoken = speak(kShort, "abcd", [](TlsPeer& peer, TlsEnd&) {
    peer.update_keys();
    peer.await_answers(1);
    part(peer);
  });
  expect_heard(spoken, "");
}

// The end of the stream must not overtake it, and somebody has to come back for it.
void close_notify_while_the_kernel_is_full() {
  const Spoken spoken = speak(kNarrow, "abcd", [](TlsPeer& peer, TlsEnd&) {
    peer.end();
    peer.await("abcd");
    peer.await_end();
  });
  expect_heard(spoken, "");
}

// The three threads that ship, on it. It is their out-queue that the reader's words have to wake.
void a_connection_answers_an_update() {
  Link link(kRoom);
  name_this_thread("peer");
  TlsPeer peer(link);
  auto socket = std::make_unique<triloop::TlsSocket>(link.end(Link::kServer), tls_context());
  peer.begin();
  std::error_code error;
  socket->open(triloop::kNever, error);
  peer.shake_hands();

  const triloop::PathOptions options = quiet();
  const triloop::Processor processor = echo;
  triloop::SpareThreads threads{0, 0};
  auto upgrade = std::make_unique<triloop::Upgrade>();
  upgrade->request.path = "/ws";
  upgrade->write_timeout = std::chrono::hours(1);
  upgrade->processor = &processor;
  upgrade->options = &options;
  auto connection = triloop::Life::begin(1, std::move(socket), std::move(upgrade), threads);
  triloop::Thread reader("read-1", [&] { triloop::Life::serve(*connection); });
  peer.update_keys();
  peer.await_answers(1);
  peer.say(kClose);
  peer.await_end();
  peer.end();
  reader.join();
  require(!time_had_to_help(), "nobody could go on until a deadline came");
  const std::string close = server_frame(8, code(1000));
  require(time_came_early() || peer.heard() == server_frame(10, "") + close,
          "not a pong and a Close");
}

void shutdown_frees_both() {
  const Spoken spoken = speak(kNarrow, "abcdef", [](TlsPeer&, TlsEnd& end) {
    any_moment();
    end.socket().shutdown();
  });
  require(bool(spoken.error), "a stream that was cut looks as if it had ended");
}

void shutdown_frees_a_handshake() {
  Link link(kNarrow);
  triloop::TlsSocket socket(link.end(Link::kServer), tls_context());
  std::error_code error;
  triloop::Thread opener("opener", [&] { socket.open(triloop::kNever, error); });
  any_moment();
  socket.shutdown();
  opener.join();
  require(bool(error), "a handshake with nobody");
}

}  // namespace

const std::vector<Named>& tls_scenarios() {
  static const std::vector<Named> all = {
      {"tls: both directions move", both_directions_move},
      {"tls: both directions are full", both_directions_are_full},
      {"tls: the peer waits for the writer", the_peer_waits_for_the_writer},
      {"tls: a key update while the writer sends", a_key_update_while_the_writer_sends},
      {"tls: key updates while the writer sleeps", key_updates_while_the_writer_sleeps},
      {"tls: a key update while the kernel is full", a_key_update_while_the_kernel_is_full},
      {"tls: close_notify while the kernel is full", close_notify_while_the_kernel_is_full},
      {"tls: a connection answers an update", a_connection_answers_an_update},
      {"tls: shutdown frees both", shutdown_frees_both},
      {"tls: shutdown frees a handshake", shutdown_frees_a_handshake},
  };
  return all;
}

}  // namespace explore
