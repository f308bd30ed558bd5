// A client and a server of ours, over TLS: whom the client believes, and that nothing else changes.
#include <openssl/ssl.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <system_error>

#include "net/tls_peer.h"
#include "support/catch.h"
#include "support/running_server.h"
#include "support/scripted_server.h"
#include "triloop/client.h"
#include "triloop/sync.h"

namespace triloop {
namespace {

using testing::Certificates;
using testing::kFailSafe;
using testing::plain_echo;
using testing::RunningServer;

constexpr std::size_t kMiB = std::size_t{1} << 20;

Options server_with(const TlsCertificate& certificate) {
  Options options = testing::quiet_options();
  options.tls.certificates = {certificate};
  options.close_timeout = options.drain_timeout = kFailSafe;
  return options;
}

ClientOptions client_that_believes(const TlsCertificate& issuer) {
  ClientOptions options;
  options.tls.ca_file = issuer.chain_file;
  options.connect_timeout = options.handshake_timeout = options.close_timeout = kFailSafe;
  return options;
}

std::string wss_url_of(const RunningServer& server, const std::string& host = "localhost") {
  return "wss://" + host + ":" + std::to_string(server.port()) + "/ws";
}

// What is said to one hello; or why there was no connection.
std::string hello(const std::string& url, const ClientOptions& options) {
  std::string answer;
  try {
    const ConnectionEnd end = connect(
        url,
        [&](Connection& connection) {
          connection.write(Message::text("hello"));
          answer = connection.read()->data;
        },
        options);
    return end.is_clean ? answer : "not clean: " + end.over.text;
  } catch (const std::system_error& error) {
    return error.what();
  }
}

TEST_CASE("a client speaks to a server whose certificate is for its host, and by one it believes",
          "[tls_client]") {
  const Certificates all;
  const TlsCertificate root = all.issue("root");
  const TlsCertificate own = all.issue("localhost", &root);
  RunningServer server(plain_echo, server_with(own));
  CHECK(hello(wss_url_of(server), client_that_believes(root)) == "hello");
}

TEST_CASE("a certificate of somebody unknown, or for another host, is not believed",
          "[tls_client]") {
  const Certificates all;
  const TlsCertificate own = all.issue("localhost");
  const TlsCertificate another = all.issue("example.org");
  RunningServer server(plain_echo, server_with(own));
  RunningServer impostor(plain_echo, server_with(another));
  const std::string why = "cannot open the stream: the certificate is not believed: ";
  CHECK(hello(wss_url_of(server), client_that_believes(another)) ==
        why + "self-signed certificate");
  CHECK(hello(wss_url_of(server), ClientOptions()) == why + "self-signed certificate");
  CHECK(hello(wss_url_of(impostor), client_that_believes(another)) == why + "hostname mismatch");
  CHECK(hello(wss_url_of(server, "127.0.0.1"), client_that_believes(own)) ==
        why + "IP address mismatch");
}

TEST_CASE("an insecure client believes anybody", "[tls_client]") {
  const Certificates all;
  RunningServer server(plain_echo, server_with(all.issue("example.org")));
  ClientOptions options = client_that_believes(all.issue("localhost"));
  options.tls.insecure = true;
  CHECK(hello(wss_url_of(server, "127.0.0.1"), options) == "hello");
}

TEST_CASE("a client shows its certificate to a server that asks for one", "[tls_client]") {
  const Certificates all;
  const TlsCertificate root = all.issue("root");
  const TlsCertificate alice = all.issue("alice", &root);
  const TlsCertificate own = all.issue("localhost", &root);
  Options options = server_with(own);
  options.tls.client_ca_file = root.chain_file;
  const auto say_subject = [](Connection& connection) {
    connection.read();
    connection.write(Message::text(connection.request().client_certificate_subject));
  };
  RunningServer server(say_subject, options);
  ClientOptions with = client_that_believes(root);
  with.tls.certificate = alice;
  CHECK(hello(wss_url_of(server), with).find("CN=alice") != std::string::npos);
  CHECK(hello(wss_url_of(server), client_that_believes(root)).find("certificate required") !=
        std::string::npos);
}

TEST_CASE("files of a client that cannot be used are refused by their name", "[tls_client]") {
  const Certificates all;
  RunningServer server(plain_echo, server_with(all.issue("localhost")));
  ClientOptions options;
  options.tls.ca_file = all.folder() + "/missing.pem";
  CHECK_THROWS_AS(hello(wss_url_of(server), options), std::invalid_argument);
  CHECK_THROWS_WITH(hello(wss_url_of(server), options),
                    Catch::Contains("cannot use the CA " + options.tls.ca_file));
}

TEST_CASE("large messages go both ways at once over TLS, whole and in order", "[tls_client]") {
  constexpr std::size_t kMessages = 30;
  const Certificates all;
  const TlsCertificate own = all.issue("localhost");
  RunningServer server(plain_echo, server_with(own));
  std::size_t right = 0;
  const ConnectionEnd end = connect(
      wss_url_of(server),
      [&](Connection& connection) {
        const Thread writes("writes", [&connection] {
          for (std::size_t i = 0; i < kMessages; ++i) {
            connection.write(Message::binary(std::string(kMiB, static_cast<char>('a' + i))));
          }
        });
        for (std::size_t i = 0; i < kMessages; ++i) {
          const auto echoed = connection.read();
          right += echoed && echoed->data == std::string(kMiB, static_cast<char>('a' + i)) ? 1 : 0;
        }
      },
      client_that_believes(own));
  CHECK(right == kMessages);
  CHECK(end.is_clean);
}

TEST_CASE("over TLS, too, either side closes with its code and its reason", "[tls_client]") {
  const Certificates all;
  const TlsCertificate own = all.issue("localhost");
  RunningServer server([](Connection& connection) { connection.close(4001, "no more"); },
                       server_with(own));
  const ConnectionEnd by_server = connect(
      wss_url_of(server), [](Connection& connection) { connection.read(); },
      client_that_believes(own));
  CHECK(by_server.began.code == 4001);
  CHECK(by_server.began.text == "no more");
  CHECK(by_server.is_clean);
  RunningServer other(plain_echo, server_with(own));
  const ConnectionEnd by_client = connect(
      wss_url_of(other), [](Connection& connection) { connection.close(4002, "enough"); },
      client_that_believes(own));
  CHECK(by_client.began.code == 4002);
  CHECK(by_client.is_clean);
}

// One connection of a server that says the bytes it is told to, over TLS.
class ScriptedTlsServer {
 public:
  ScriptedTlsServer(testing::Listening& listening, const TlsCertificate& own)
      : context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free),
        descriptor_(listening.accept()),
        session_(session_with(own), SSL_free) {
    SSL_set_fd(session_.get(), descriptor_);
    if (SSL_accept(session_.get()) != 1) throw std::runtime_error("no handshake");
  }
  ~ScriptedTlsServer() { ::close(descriptor_); }
  ScriptedTlsServer(const ScriptedTlsServer&) = delete;
  ScriptedTlsServer& operator=(const ScriptedTlsServer&) = delete;

  std::string receive() {
    char buffer[4096];
    const int size = SSL_read(session_.get(), buffer, sizeof buffer);
    return {buffer, static_cast<std::size_t>(std::max(size, 0))};
  }
  void send(const std::string& bytes) {
    SSL_write(session_.get(), bytes.data(), static_cast<int>(bytes.size()));
  }
  void open() {
    std::string head;
    while (head.find("\r\n\r\n") == std::string::npos) head += receive();
    send(testing::answer_to(head));
  }

 private:
  SSL* session_with(const TlsCertificate& own) const {
    SSL_CTX_use_certificate_chain_file(context_.get(), own.chain_file.c_str());
    SSL_CTX_use_PrivateKey_file(context_.get(), own.key_file.c_str(), SSL_FILETYPE_PEM);
    return SSL_new(context_.get());
  }

  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  const int descriptor_;
  const std::unique_ptr<SSL, void (*)(SSL*)> session_;
};

TEST_CASE("a server that cuts TLS behind both Close frames has ended well, and no earlier",
          "[tls_client]") {
  const Certificates all;
  const TlsCertificate own = all.issue("localhost");
  for (const bool closes : {true, false}) {
    testing::Listening listening;
    Client client(
        "wss://localhost:" + std::to_string(listening.port()) + "/",
        [](Connection& connection) { connection.write(Message::text("last")); },
        client_that_believes(own));
    client.start();
    {
      ScriptedTlsServer server(listening, own);
      server.open();
      std::string bytes;
      while (bytes.size() < 2 + 4 + 4 + 2 + 4 + 2) bytes += server.receive();  // up to its Close
      if (closes) server.send({"\x88\x02\x03\xe8", 4});
    }  // the kernel ends the stream, and nobody receives the client's close_notify
    const ConnectionEnd end = client.wait();
    CHECK(end.began == CloseReason{ClosedBy::processor, 1000, ""});
    CHECK(end.is_clean == closes);
    if (!closes) CHECK(end.over.by == ClosedBy::network);
  }
}

}  // namespace
}  // namespace triloop
