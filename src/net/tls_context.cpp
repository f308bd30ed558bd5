#include "net/tls_context.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <new>
#include <stdexcept>
#include <string>
#include <utility>

namespace triloop {
namespace {

// TLS 1.2; of 1.3 all are good. Who has no AES in hardware asks for ChaCha20, and gets it.
constexpr const char* kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kGroups = "X25519:P-256:P-384";

// Sessions of one server are not taken for another's; a context that asks for certificates needs
// it (SSL_CTX_set_session_id_context(3)).
constexpr unsigned char kSessionsOf[] = "triloop";

[[noreturn]] void refuse(const std::string& what, const std::string& file) {
  const unsigned long code = ERR_peek_error();
  const char* reason = nullptr;
  std::string system;
  if (ERR_SYSTEM_ERROR(code)) {
    system = std::generic_category().message(static_cast<int>(ERR_GET_REASON(code)));
    reason = system.c_str();
  } else {
    reason = ERR_reason_error_string(code);
  }
  std::string text = what + " " + file + ": " + (reason != nullptr ? reason : "no reason given");
  ERR_clear_error();
  throw std::invalid_argument(text);
}

// For an encrypted key. By default OpenSSL asks the terminal, and waits for ever.
int no_password(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) { return -1; }

// HTTP/1.1 or nothing (RFC 7301): a client that can only speak HTTP/2 is told so.
int choose_protocol(SSL* /*session*/, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned int offered_size, void* /*data*/) {
  static constexpr unsigned char kKnown[] = "\x08http/1.1";
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, size, kKnown, sizeof kKnown - 1, offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

void load(SSL_CTX* context, const TlsCertificate& files) {
  if (SSL_CTX_use_certificate_chain_file(context, files.chain_file.c_str()) != 1) {
    refuse("cannot use the certificate", files.chain_file);
  }
  if (SSL_CTX_use_PrivateKey_file(context, files.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    refuse("cannot use the key", files.key_file);
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    refuse("the key is not that of the certificate", files.chain_file);
  }
}

void demand_certificates(SSL_CTX* context, const std::string& issuers) {
  STACK_OF(X509_NAME)* const names = SSL_load_client_CA_file(issuers.c_str());
  if (names == nullptr || SSL_CTX_load_verify_file(context, issuers.c_str()) != 1) {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    refuse("cannot use the client CA", issuers);
  }
  SSL_CTX_set_client_CA_list(context, names);  // which owns it now
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

// Of both sides.
void set_common_rules(SSL_CTX* context, TlsVersion min_version) {
  SSL_CTX_set_min_proto_version(context,
                                min_version == TlsVersion::k13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, kCiphers);
  SSL_CTX_set1_groups_list(context, kGroups);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  // An idle connection gives its 34 KiB of buffers back.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_default_passwd_cb(context, no_password);
}

void set_rules(SSL_CTX* context, TlsVersion min_version) {
  set_common_rules(context, min_version);
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_session_id_context(context, kSessionsOf, sizeof kSessionsOf - 1);
  SSL_CTX_set_max_early_data(context, 0);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
}

std::unique_ptr<SSL_CTX, FreeTls> context_of(const TlsClientOptions& options) {
  std::unique_ptr<SSL_CTX, FreeTls> context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) throw std::bad_alloc();
  set_common_rules(context.get(), TlsVersion::k12);
  if (!options.certificate.chain_file.empty()) load(context.get(), options.certificate);
  if (options.insecure) return context;
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (options.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context.get());
  } else if (SSL_CTX_load_verify_file(context.get(), options.ca_file.c_str()) != 1) {
    refuse("cannot use the CA", options.ca_file);
  }
  return context;
}

}  // namespace

TlsServerContext::TlsServerContext(const TlsOptions& options) {
  for (const TlsCertificate& files : options.certificates) {
    std::unique_ptr<SSL_CTX, FreeTls> context(SSL_CTX_new(TLS_server_method()));
    if (context == nullptr) throw std::bad_alloc();
    set_rules(context.get(), options.min_version);
    load(context.get(), files);
    if (!options.client_ca_file.empty()) demand_certificates(context.get(), options.client_ca_file);
    of_.push_back(std::move(context));
  }
  SSL_CTX_set_tlsext_servername_callback(of_.front().get(), choose_certificate);
  SSL_CTX_set_tlsext_servername_arg(of_.front().get(), this);
}

// A session begins with the first; all have the same rules.
int TlsServerContext::choose_certificate(SSL* session, int* /*alert*/, void* self) {
  const char* const name = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
  for (const auto& context : static_cast<const TlsServerContext*>(self)->of_) {
    if (X509_check_host(SSL_CTX_get0_certificate(context.get()), name, 0, 0, nullptr) == 1) {
      SSL_set_SSL_CTX(session, context.get());
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_NOACK;
}

std::unique_ptr<SSL, FreeTls> TlsServerContext::new_session() const {
  std::unique_ptr<SSL, FreeTls> session(SSL_new(of_.front().get()));
  if (session == nullptr) throw std::bad_alloc();
  SSL_set_accept_state(session.get());
  return session;
}

std::shared_ptr<const TlsContext> make_tls_context(const TlsOptions& options) {
  return std::make_shared<TlsServerContext>(options);
}

TlsClientContext::TlsClientContext(const TlsClientOptions& options, std::string host)
    : host_(std::move(host)), context_(context_of(options)) {}

// A name goes into the request, so that the server can choose its certificate (RFC 6066 section 3);
// an address does not, and is looked for among the certificate's addresses.
std::unique_ptr<SSL, FreeTls> TlsClientContext::new_session() const {
  static constexpr unsigned char kHttp[] = "\x08http/1.1";
  std::unique_ptr<SSL, FreeTls> session(SSL_new(context_.get()));
  if (session == nullptr) throw std::bad_alloc();
  SSL_set_connect_state(session.get());
  SSL_set_alpn_protos(session.get(), kHttp, sizeof kHttp - 1);
  SSL_set_hostflags(session.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  bool wanted = true;
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session.get()), host_.c_str()) != 1) {
    wanted = SSL_set1_host(session.get(), host_.c_str()) == 1 &&
             SSL_set_tlsext_host_name(session.get(), host_.c_str()) == 1;
  }
  ERR_clear_error();
  if (!wanted) throw std::invalid_argument("no certificate can be for " + host_);
  return session;
}

}  // namespace triloop
