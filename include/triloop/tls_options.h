/// What a server, and a client, need to speak TLS.
#pragma once

#include <string>
#include <vector>

namespace triloop {

/// A certificate and its key, as files in PEM.
struct TlsCertificate {
  std::string chain_file;  ///< one's own certificate, then those that lead to a root
  std::string key_file;    ///< its private key, not encrypted: nobody is asked for a password
};

/// The oldest version of TLS that is spoken. 1.0 and 1.1 are not (RFC 8996).
enum class TlsVersion {
  k12,  ///< RFC 5246
  k13   ///< RFC 8446
};

/// Without a certificate there is no TLS. All files are read by Server's constructor, and again by
/// Server::reload_tls().
struct TlsOptions {
  /// Of several, a client gets the first that is for the name it asks for (SNI, RFC 6066 section
  /// 3); one that asks for none of them, or for nothing, gets the first of all.
  std::vector<TlsCertificate> certificates;
  TlsVersion min_version = TlsVersion::k12;  ///< a client that cannot speak it gets an alert
  /// Certificates in PEM of those who issue clients' certificates. With it every client must have
  /// one that leads to one of them (mutual TLS), and Request::client_certificate_subject says whose
  /// it is. Empty: clients are asked for none.
  std::string client_ca_file;
};

/// Whom a client believes; it speaks TLS 1.2 and 1.3. The server's certificate has to lead to
/// somebody who is believed, and to be for the host of the URL, by name or by address (RFC 6125);
/// else there is no connection. Files are read for each connection.
struct TlsClientOptions {
  /// Certificates in PEM of those who are believed. Empty: those whom the system believes
  /// (OpenSSL's default paths; SSL_CERT_FILE and SSL_CERT_DIR in the environment).
  std::string ca_file;
  /// Believes anybody: who is at the other end is then unknown, and may be in the middle. For a try
  /// on one's own machine.
  bool insecure = false;
  /// To show to a server that asks (mutual TLS). Empty: none is shown.
  TlsCertificate certificate;
};

}  // namespace triloop
