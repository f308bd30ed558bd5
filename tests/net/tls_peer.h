// A TLS client in memory, and the certificates that it and the server have.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <string>

#include "support/fake_connection.h"
#include "triloop/tls_options.h"

namespace triloop::testing {

/// Certificates and keys as files, in a folder of their own that goes with this.
class Certificates {
 public:
  Certificates();
  ~Certificates();
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  /// A new one for this DNS name and common name; issued by `issuer`, or by itself.
  TlsCertificate issue(const std::string& name, const TlsCertificate* issuer = nullptr) const;
  std::string folder() const { return folder_; }

 private:
  std::string folder_;
};

/// The options of a server that has one certificate, for "localhost".
TlsOptions tls_options_with(const Certificates& certificates);

/// What a client asks for.
struct TlsPeerOptions {
  int min_version = TLS1_2_VERSION;
  int max_version = TLS1_3_VERSION;
  std::string server_name;     ///< SNI
  std::string protocols;       ///< ALPN, each behind its length
  TlsCertificate certificate;  ///< its own, for mutual TLS
};

/// Plays the client of a FakeSocket: takes what was sent there, and delivers. One thread.
class TlsPeer {
 public:
  explicit TlsPeer(FakeSocket& wire, const TlsPeerOptions& options = {});

  /// Goes on with the handshake. True when it is done.
  bool shake_hands();
  /// The handshake with a server that opens the socket on another thread.
  void connect();

  /// Encrypts; not yet delivered.
  void write(const std::string& plain);
  void update_keys(bool ask_for_theirs = true);
  void end();
  /// The head of a KeyUpdate without its body, which OpenSSL would never say. Instead of the first
  /// record: nothing may be written before or after it. Of TLS_AES_256_GCM_SHA384 alone.
  void begin_message();
  /// What is written and not delivered.
  std::string take_outgoing();
  void deliver() { wire_.deliver(take_outgoing()); }
  void send(const std::string& plain) { write(plain), deliver(); }

  /// All plaintext that has come so far.
  const std::string& read();
  bool saw_close_notify() const;
  /// Of the last failure: "tlsv1 alert no application protocol"; empty if there was none.
  std::string failure() const { return failure_; }
  std::string server_certificate_name() const;
  std::size_t sent_bytes_taken() const { return taken_; }

 private:
  struct Free {
    void operator()(SSL* session) const { SSL_free(session); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };

  static void note_secret(const SSL* session, const char* line);
  void take_in();
  void note_failure(int returned);

  FakeSocket& wire_;
  const std::unique_ptr<SSL_CTX, Free> context_;
  const std::unique_ptr<SSL, Free> session_;
  std::size_t taken_ = 0;  // of what the wire was given to send
  std::string plain_;
  std::string failure_;
  std::string secret_;  // the client's, behind the handshake
};

}  // namespace triloop::testing
