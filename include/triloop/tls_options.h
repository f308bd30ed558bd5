/// What a server needs to speak TLS.
#pragma once

#include <string>
#include <vector>

namespace triloop {

/// A certificate and its key, as files in PEM.
struct TlsCertificate {
  std::string chain_file;  ///< the server's certificate, then those that lead to a root
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
  TlsVersion min_version = TlsVersion::k12;
  /// Certificates in PEM of those who issue clients' certificates. With it every client must have
  /// one that leads to one of them (mutual TLS), and Request::client_certificate_subject says whose
  /// it is. Empty: clients are asked for none.
  std::string client_ca_file;
};

}  // namespace triloop
