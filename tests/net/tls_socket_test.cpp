// Two threads and one TLS session: what TlsSocket promises, over a wire that the test controls.
#include "net/tls_socket.h"

#include <memory>
#include <string>
#include <vector>

#include "net/deadline.h"
#include "net/tls_peer.h"
#include "support/catch.h"
#include "support/threads.h"

namespace triloop {
namespace {

using testing::FakeSocket;
using testing::TlsPeer;
using testing::TlsPeerOptions;
using testing::Worker;

const testing::Certificates& certificates() {
  static const testing::Certificates all;
  return all;
}

const TlsOptions& plain_options() {
  static const TlsOptions options = testing::tls_options_with(certificates());
  return options;
}

// A socket under test, its wire, and its peer.
struct Session {
  explicit Session(const TlsPeerOptions& asks = {}, const TlsOptions& options = plain_options())
      : wire(new FakeSocket),
        socket(std::unique_ptr<Socket>(wire), make_tls_context(options)),
        peer(*wire, asks) {}

  std::error_code open(bool ends = false) {
    std::error_code failure;
    Worker opener([&] { socket.open(deadline_in(testing::kFailSafe), failure); });
    peer.connect();
    if (ends) wire->end_stream();
    opener.await_done();
    return failure;
  }

  // Of a peer that leaves when it has said all: nobody waits for it.
  std::string refusal() {
    const std::error_code failure = open(/*ends=*/true);
    return failure ? failure.message() : "none";
  }

  std::size_t try_send(const std::string& bytes) {
    const iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    return socket.try_send(&part, 1, error);
  }

  // What is here now: it waits for nothing.
  std::string receive() {
    std::string all;
    char buffer[4096];
    for (;;) {
      const std::size_t size = socket.receive(buffer, sizeof buffer, kNow, error);
      if (size == 0) return all;
      all.append(buffer, size);
    }
  }

  FakeSocket* const wire;
  TlsSocket socket;
  TlsPeer peer;
  std::error_code error;
};

// A session that is open.
struct Open : Session {
  explicit Open(const TlsPeerOptions& asks = {}) : Session(asks) {
    const std::error_code failure = open();
    INFO(failure.message());
    REQUIRE(!failure);
    before = wire->sent().size();
  }
  // What the socket has sent since then.
  std::string sent() const { return wire->sent().substr(before); }
  std::size_t before = 0;
};

// Records in what was sent (RFC 8446 section 5.1: type, version, length).
std::size_t count_records(const std::string& bytes) {
  std::size_t count = 0;
  for (std::size_t at = 0; at + 5 <= bytes.size(); ++count) {
    at += 5 + static_cast<unsigned char>(bytes[at + 3]) * 256 +
          static_cast<unsigned char>(bytes[at + 4]);
  }
  return count;
}

// Bytes of which no piece looks like another.
std::string varied(std::size_t size) {
  std::string bytes;
  while (bytes.size() < size) bytes += std::to_string(bytes.size()) + ' ';
  bytes.resize(size);
  return bytes;
}

bool would_block(const std::error_code& error) { return error == std::errc::operation_would_block; }

TEST_CASE("tls: what one side writes the other reads, in TLS 1.2 and 1.3", "[tls]") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  TlsPeerOptions asks;
  asks.min_version = asks.max_version = version;
  Open open(asks);
  open.peer.send("from the peer");
  CHECK(open.receive() == "from the peer");
  CHECK(would_block(open.error));
  CHECK(open.try_send("to the peer") == 11);
  CHECK(open.peer.read() == "to the peer");
}

TEST_CASE("tls: a handshake and a message come through byte by byte", "[tls]") {
  Session session;
  std::error_code error;
  session.wire->take(0);
  Worker opener([&] { session.socket.open(deadline_in(testing::kFailSafe), error); });
  bool done = false;
  while (!done) {
    session.wire->take(1);
    done = session.peer.shake_hands();
    if (!opener.is_done()) opener.await_blocked();
  }
  session.wire->take(SIZE_MAX);
  opener.await_done();
  REQUIRE(!error);
  session.peer.write("hello");
  std::string all;
  for (const char byte : session.peer.take_outgoing()) {
    session.wire->deliver({byte});
    all += session.receive();
  }
  CHECK(all == "hello");
}

TEST_CASE("tls: a reader that waits for the peer keeps no writer from sending", "[tls][blocks]") {
  Open open;
  std::string heard;
  Worker reader([&] {
    char buffer[100];
    std::error_code error;
    heard.assign(buffer, open.socket.receive(buffer, sizeof buffer, kNever, error));
  });
  reader.await_blocked();
  CHECK(open.try_send("while it waits") == 14);
  CHECK(open.peer.read() == "while it waits");
  open.peer.send("now");
  reader.await_done();
  CHECK(heard == "now");
}

TEST_CASE("tls: bytes are taken only when the kernel has all of their ciphertext", "[tls]") {
  Open open;
  open.wire->take(10);
  CHECK(open.try_send("a message") == 0);
  CHECK(!open.error);
  CHECK(open.sent().size() == 10);
  CHECK(!open.socket.delivery().is_complete());
  CHECK(open.try_send("a message") == 0);
  open.wire->take(SIZE_MAX);
  CHECK(open.try_send("a message, and more") == 19);
  CHECK(open.socket.delivery().is_complete());
  CHECK(open.peer.read() == "a message, and more");
}

TEST_CASE("tls: small parts leave as one record, in one call", "[tls]") {
  Open open;
  const std::string part(20, 'x');
  const std::vector<iovec> parts(100, iovec{const_cast<char*>(part.data()), part.size()});
  CHECK(open.socket.try_send(parts.data(), parts.size(), open.error) == 2000);
  CHECK(count_records(open.sent()) == 1);
  CHECK(open.peer.read() == std::string(2000, 'x'));
}

TEST_CASE("tls: a header and a long payload leave as full records, and none for the header",
          "[tls]") {
  Open open;
  const std::string header(10, 'h'), payload = varied(64 * 1024);
  const iovec parts[] = {{const_cast<char*>(header.data()), header.size()},
                         {const_cast<char*>(payload.data()), payload.size()}};
  CHECK(open.socket.try_send(parts, 2, open.error) == header.size() + payload.size());
  CHECK(count_records(open.sent()) == 5);
  CHECK((open.peer.read() == header + payload));
}

TEST_CASE("tls: a message longer than what is encrypted at a time comes whole, in any pieces",
          "[tls]") {
  Open open;
  const std::string message = varied(300'000);
  std::size_t taken = 0;
  for (int i = 0; taken < message.size() && i < 1000; ++i) {
    open.wire->take(7'777);
    taken += open.try_send(message.substr(taken));
    REQUIRE(!open.error);
  }
  CHECK(taken == message.size());
  CHECK((open.peer.read() == message));
}

// OpenSSL answers an update with the next call, whichever that is: in time, for the answer has to
// come before our next data (RFC 8446 section 4.6.3). So it takes two to see one.
TEST_CASE("tls: what the reader has to say only the writer sends, and it is nudged once", "[tls]") {
  Open open;
  int nudges = 0;
  open.socket.nudge_with([&] { ++nudges; });
  for (int i = 0; i < 3; ++i) open.peer.update_keys();
  open.peer.send("behind new keys");
  CHECK(open.receive() == "behind new keys");
  CHECK(nudges == 1);
  CHECK(open.sent().empty());
  CHECK(open.try_send("!") == 1);
  CHECK(count_records(open.sent()) >= 2);  // the answer first
  CHECK(open.peer.read() == "!");
  for (int i = 0; i < 2; ++i) open.peer.update_keys();
  open.peer.send("again");
  CHECK(open.receive() == "again");
  CHECK(nudges == 2);
}

TEST_CASE("tls: before there is a writer the one thread says it itself", "[tls]") {
  Open open;
  for (int i = 0; i < 2; ++i) open.peer.update_keys();
  open.peer.send("a request");
  CHECK(open.receive() == "a request");
  CHECK(count_records(open.sent()) == 1);
  open.peer.read();
  CHECK(open.peer.failure().empty());
}

TEST_CASE("tls: key updates in a flood make nothing grow if the answers are not taken", "[tls]") {
  Open open;
  open.socket.nudge_with([] {});  // the writer is stuck
  constexpr std::size_t kMost = 100'000;
  std::size_t updates = 0;
  while (updates < kMost && (!open.error || would_block(open.error))) {
    open.peer.update_keys();
    open.peer.deliver();
    open.receive();
    ++updates;
  }
  CHECK(open.error == make_error_code(TlsError::kTooManyWords));
  CHECK(updates < 5000);
  CHECK(open.receive().empty());
  CHECK(open.error == make_error_code(TlsError::kTooManyWords));  // and stays so
}

// OpenSSL would not encrypt until the rest comes, and say no error.
TEST_CASE("tls: a handshake message that is begun and not ended ends the sending", "[tls]") {
  Open open;
  open.socket.nudge_with([] {});
  open.peer.begin_message();
  CHECK(open.receive().empty());
  CHECK(would_block(open.error));
  for (int i = 0; i < 2; ++i) {
    CHECK(open.try_send("an answer") == 0);
    CHECK(open.error == make_error_code(TlsError::kHalfMessage));
  }
  CHECK(open.receive().empty());
  CHECK(open.error == make_error_code(TlsError::kHalfMessage));
}

TEST_CASE("tls: key updates in a flood are answered as long as the answers are taken", "[tls]") {
  Open open;
  for (int i = 0; i < 5000; ++i) {
    open.peer.update_keys();
    open.peer.deliver();
    REQUIRE(open.receive().empty());
    REQUIRE(would_block(open.error));
    if (i % 100 == 0) REQUIRE(open.try_send("x") == 1);
  }
  CHECK(open.try_send("y") == 1);
  CHECK(open.peer.read() == std::string(50, 'x') + "y");
}

TEST_CASE("tls: close_notify is the end of the stream, and a FIN without it an error", "[tls]") {
  Open open;
  const bool properly = GENERATE(true, false);
  open.peer.write("last words");
  if (properly) open.peer.end();
  open.peer.deliver();
  open.wire->end_stream();
  CHECK(open.receive() == "last words");
  CHECK(open.error == (properly ? std::error_code() : make_error_code(TlsError::kCut)));
}

TEST_CASE("tls: a broken record is an error that says so", "[tls]") {
  Open open;
  open.peer.write("a message");
  std::string bytes = open.peer.take_outgoing();
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  open.wire->deliver(bytes);
  CHECK(open.receive().empty());
  CHECK(open.error.message() == "TLS: decryption failed or bad record mac");
  open.receive();
  CHECK(open.error.message() == "TLS: decryption failed or bad record mac");
  CHECK(open.try_send("too late") == 0);
  CHECK(open.error);
}

TEST_CASE("tls: our end says close_notify, then FIN, and the peer may still speak", "[tls]") {
  Open open;
  open.try_send("the end");
  CHECK(!open.wire->is_send_shut_down());
  open.socket.shutdown_send();
  CHECK(open.wire->is_send_shut_down());
  CHECK(open.peer.read() == "the end");
  CHECK(open.peer.saw_close_notify());
  const std::string sent = open.sent();
  for (int i = 0; i < 2; ++i) open.peer.update_keys();  // can no longer be answered
  open.peer.send("one more thing");
  CHECK(open.receive() == "one more thing");
  CHECK(would_block(open.error));
  open.socket.flush();
  CHECK(open.sent() == sent);
}

// OpenSSL 3.0 keeps that by itself in a session that is open, whatever its version: then this would
// be the first to see that another one does not.
TEST_CASE("tls: behind our close_notify nothing is said, whatever the peer sends", "[tls]") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const int what = GENERATE(0, 1, 2, 3);
  TlsPeerOptions asks;
  asks.min_version = asks.max_version = version;
  Open open(asks);
  open.socket.nudge_with([] {});
  if (what == 0 && version == TLS1_3_VERSION) {  // asked before, and not answered yet
    open.peer.update_keys();
    open.peer.deliver();
    open.receive();
  }
  open.socket.shutdown_send();
  const std::string sent = open.sent();
  if (what == 1) open.wire->deliver("GET / HTTP/1.1\r\n\r\n");  // no record
  if (what == 2) open.peer.end();
  if (what == 3) {
    open.peer.write("a message");
    std::string bytes = open.peer.take_outgoing();
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    open.wire->deliver(bytes);
  }
  open.peer.deliver();
  for (int i = 0; i < 2; ++i) {
    open.receive();
    open.socket.flush();
  }
  CHECK((open.sent() == sent));
}

TEST_CASE("tls: a session that has been ended says no more, not even what its handshake would",
          "[tls]") {
  FakeSocket wire;
  TlsPeer(wire).shake_hands();
  std::string hello(4096, '\0');
  std::error_code error;
  hello.resize(wire.receive(hello.data(), hello.size(), kNow, error));
  const auto context = make_tls_context(plain_options());
  TlsRecords records(*context);
  records.feed(hello);
  records.end();
  records.shake_hands(error);
  std::string said;
  records.take_outgoing(said);
  CHECK(said.empty());
}

TEST_CASE("tls: a FIN does not overtake a close_notify that the kernel does not take", "[tls]") {
  Open open;
  open.wire->take(0);
  open.socket.shutdown_send();
  CHECK(!open.wire->is_send_shut_down());
  CHECK(!open.socket.delivery().is_complete());
  open.wire->take(5);
  open.socket.flush();
  CHECK(!open.wire->is_send_shut_down());
  open.wire->take(SIZE_MAX);
  open.socket.flush();
  CHECK(open.wire->is_send_shut_down());
  CHECK(open.socket.delivery().is_complete());
  open.peer.read();
  CHECK(open.peer.saw_close_notify());
}

TEST_CASE("tls: behind an answer that was broken off there is no close_notify", "[tls]") {
  Open open;
  open.wire->take(10);
  open.try_send("an answer");
  open.socket.shutdown_send();
  CHECK(open.wire->is_send_shut_down());
  open.peer.read();
  CHECK(!open.peer.saw_close_notify());
}

TEST_CASE("tls: shutdown wakes a reader, any number of times", "[tls][blocks]") {
  Open open;
  Worker reader([&] {
    char buffer[100];
    std::error_code error;
    open.socket.receive(buffer, sizeof buffer, kNever, error);
  });
  reader.await_blocked();
  open.socket.shutdown();
  open.socket.shutdown();
  reader.await_done();
  CHECK(open.wire->is_shut_down());
}

TEST_CASE("tls: a handshake that does not come to its end in time is too slow", "[tls]") {
  Session session;
  session.peer.shake_hands();  // a ClientHello, and nothing more
  std::error_code error;
  session.socket.open(deadline_in(std::chrono::milliseconds(50)), error);
  CHECK(would_block(error));
}

TEST_CASE("tls: who speaks plain HTTP is told so in HTTP", "[tls]") {
  Session session;
  session.wire->deliver("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  session.wire->end_stream();
  std::error_code error;
  session.socket.open(deadline_in(testing::kFailSafe), error);
  CHECK(error.message() == "TLS: http request");
  const std::string answer = session.wire->sent();
  CHECK(answer.rfind("HTTP/1.1 400 Bad Request\r\n", 0) == 0);
  const std::size_t body = answer.find("\r\n\r\n") + 4;
  CHECK(answer.find("Content-Length: " + std::to_string(answer.size() - body)) !=
        std::string::npos);
  CHECK(session.wire->is_send_shut_down());
}

TEST_CASE("tls: who is refused gets an alert that says why", "[tls]") {
  Session old(
      [] {
        TlsPeerOptions asks;
        asks.max_version = TLS1_2_VERSION;
        return asks;
      }(),
      [] {
        TlsOptions options = plain_options();
        options.min_version = TlsVersion::k13;
        return options;
      }());
  CHECK(old.refusal() == "TLS: unsupported protocol");
  CHECK(old.peer.failure() == "tlsv1 alert protocol version");

  TlsPeerOptions asks;
  asks.protocols = "\x02h2";
  Session http2(asks);
  CHECK(http2.refusal() == "TLS: no application protocol");
  CHECK(http2.peer.failure() == "tlsv1 alert no application protocol");
}

TEST_CASE("tls: of several certificates a client gets the one for the name it asks for", "[tls]") {
  TlsOptions options;
  options.certificates = {certificates().issue("one.example"), certificates().issue("two.example"),
                          certificates().issue("*.three.example")};
  const auto name_for = [&](const std::string& asked) {
    TlsPeerOptions asks;
    asks.server_name = asked;
    Session session(asks, options);
    CHECK(!session.open());
    return session.peer.server_certificate_name();
  };
  CHECK(name_for("two.example") == "two.example");
  CHECK(name_for("x.three.example") == "*.three.example");
  CHECK(name_for("four.example") == "one.example");
  CHECK(name_for("") == "one.example");
}

TEST_CASE("tls: with a client CA only who has its certificate comes in, and is known by it",
          "[tls]") {
  const TlsCertificate ca = certificates().issue("ca"), other = certificates().issue("other ca");
  TlsOptions options = plain_options();
  options.client_ca_file = ca.chain_file;
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  TlsPeerOptions asks;
  asks.min_version = asks.max_version = version;

  asks.certificate = certificates().issue("alice", &ca);
  Session alice(asks, options);
  CHECK(!alice.open());
  CHECK(alice.socket.certificate_subject() == "CN=alice,O=Example");

  asks.certificate = certificates().issue("mallory", &other);
  Session mallory(asks, options);
  CHECK(mallory.refusal() ==
        "the certificate is not believed: unable to get local issuer certificate");

  asks.certificate = {};
  Session nobody(asks, options);
  CHECK(nobody.refusal() == "TLS: peer did not return a certificate");
  CHECK(nobody.socket.certificate_subject().empty());
}

TEST_CASE("tls: a file that does not fit is refused, and named", "[tls]") {
  const auto refusal = [](const TlsOptions& options) -> std::string {
    try {
      make_tls_context(options);
      return "";
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
  };
  TlsOptions options = plain_options();
  options.certificates[0].chain_file = "/no/such/file";
  CHECK(refusal(options) == "cannot use the certificate /no/such/file: No such file or directory");
  options = plain_options();
  options.certificates[0].key_file = certificates().issue("other").key_file;
  CHECK(refusal(options).find("key values mismatch") != std::string::npos);
  options = plain_options();
  options.client_ca_file = options.certificates[0].key_file;  // no certificate in it
  CHECK(refusal(options).rfind("cannot use the client CA " + options.client_ca_file, 0) == 0);
}

// The reader answers key updates in the session that the writer encrypts in: ThreadSanitizer looks.
TEST_CASE("tls: both directions are full at once, with key updates in between", "[tls]") {
  Open open;
  constexpr std::size_t kBytes = 200'000;
  open.socket.nudge_with([] {});  // the writer is busy
  std::string heard;
  Worker reader([&] {
    char buffer[3000];
    std::error_code error;
    while (heard.size() < kBytes) {
      const std::size_t size = open.socket.receive(buffer, sizeof buffer, kNever, error);
      if (size == 0) return;
      heard.append(buffer, size);
    }
  });
  const std::string all = varied(kBytes);
  Worker writer([&] {
    std::error_code error;
    for (std::size_t at = 0; at < all.size() && !error;) {
      const iovec part{const_cast<char*>(all.data()) + at,
                       std::min<std::size_t>(all.size() - at, 5000)};
      const std::size_t sent = open.socket.try_send(&part, 1, error);
      if (sent == 0) open.socket.wait_writable(deadline_in(testing::kFailSafe));
      at += sent;
    }
  });
  const std::string piece(2000, 'r');
  std::size_t written = 0;
  testing::await("both directions", [&] {
    if (written < kBytes) {
      open.peer.update_keys();
      open.peer.send(piece);
      written += piece.size();
    }
    open.wire->take(1500);
    return open.peer.read().size() == kBytes && written >= kBytes;
  });
  writer.await_done();
  reader.await_done();
  CHECK(heard == std::string(kBytes, 'r'));
  CHECK((open.peer.read() == all));
  CHECK(open.peer.failure().empty());
}

}  // namespace
}  // namespace triloop
