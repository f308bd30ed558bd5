#include "net/tls_peer.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "support/threads.h"

namespace triloop::testing {
namespace {

void demand(bool good, const char* what) {
  if (!good) throw std::runtime_error(std::string("OpenSSL: ") + what);
}

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File open_file(const std::string& path, const char* mode) {
  File file(std::fopen(path.c_str(), mode), std::fclose);
  demand(file != nullptr, path.c_str());
  return file;
}

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

void add_extension(X509* certificate, int kind, const std::string& value) {
  X509_EXTENSION* const extension =
      X509V3_EXT_conf_nid(nullptr, nullptr, kind, const_cast<char*>(value.c_str()));
  demand(extension != nullptr, "X509V3_EXT_conf_nid");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

Certificates::Certificates() {
  std::string pattern = (std::filesystem::temp_directory_path() / "triloop-tls-XXXXXX").string();
  demand(::mkdtemp(pattern.data()) != nullptr, "mkdtemp");
  folder_ = pattern;
}

Certificates::~Certificates() { std::filesystem::remove_all(folder_); }

TlsCertificate Certificates::issue(const std::string& name, const TlsCertificate* issuer) const {
  const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const Certificate certificate(X509_new(), X509_free);
  X509* const it = certificate.get();
  static long serial = 0;
  X509_set_version(it, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(it), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(it), -3600);
  X509_gmtime_adj(X509_getm_notAfter(it), 24 * 3600);
  X509_set_pubkey(it, key.get());
  X509_NAME* const subject = X509_get_subject_name(it);
  X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>("Example"), -1, -1, 0);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  add_extension(it, NID_subject_alt_name, "DNS:" + name);
  if (issuer == nullptr) {
    add_extension(it, NID_basic_constraints, "critical,CA:TRUE");
    X509_set_issuer_name(it, subject);
    demand(X509_sign(it, key.get(), EVP_sha256()) > 0, "X509_sign");
  } else {
    const Certificate ca(
        PEM_read_X509(open_file(issuer->chain_file, "r").get(), nullptr, nullptr, nullptr),
        X509_free);
    const Key ca_key(
        PEM_read_PrivateKey(open_file(issuer->key_file, "r").get(), nullptr, nullptr, nullptr),
        EVP_PKEY_free);
    X509_set_issuer_name(it, X509_get_subject_name(ca.get()));
    demand(X509_sign(it, ca_key.get(), EVP_sha256()) > 0, "X509_sign");
  }
  const std::string path = folder_ + "/" + std::to_string(serial);
  const TlsCertificate files{path + ".pem", path + ".key"};
  demand(PEM_write_X509(open_file(files.chain_file, "w").get(), it) == 1, "PEM_write_X509");
  demand(PEM_write_PrivateKey(open_file(files.key_file, "w").get(), key.get(), nullptr, nullptr, 0,
                              nullptr, nullptr) == 1,
         "PEM_write_PrivateKey");
  return files;
}

TlsOptions tls_options_with(const Certificates& certificates) {
  TlsOptions options;
  options.certificates = {certificates.issue("localhost")};
  return options;
}

TlsPeer::TlsPeer(FakeSocket& wire, const TlsPeerOptions& options)
    : wire_(wire), context_(SSL_CTX_new(TLS_client_method())), session_(SSL_new(context_.get())) {
  SSL* const session = session_.get();
  SSL_set_app_data(session, this);
  SSL_CTX_set_keylog_callback(context_.get(), note_secret);
  SSL_set_min_proto_version(session, options.min_version);
  SSL_set_max_proto_version(session, options.max_version);
  if (!options.server_name.empty()) {
    SSL_set_tlsext_host_name(session, options.server_name.c_str());
  }
  if (!options.protocols.empty()) {
    SSL_set_alpn_protos(session, reinterpret_cast<const unsigned char*>(options.protocols.data()),
                        static_cast<unsigned int>(options.protocols.size()));
  }
  if (!options.certificate.chain_file.empty()) {
    SSL_use_certificate_file(session, options.certificate.chain_file.c_str(), SSL_FILETYPE_PEM);
    SSL_use_PrivateKey_file(session, options.certificate.key_file.c_str(), SSL_FILETYPE_PEM);
  }
  SSL_set_bio(session, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(session);
}

void TlsPeer::take_in() {
  const std::string sent = wire_.sent();
  BIO_write(SSL_get_rbio(session_.get()), sent.data() + taken_,
            static_cast<int>(sent.size() - taken_));
  taken_ = sent.size();
}

bool TlsPeer::shake_hands() {
  take_in();
  ERR_clear_error();
  const int returned = SSL_do_handshake(session_.get());
  note_failure(returned);
  deliver();
  return returned == 1;
}

void TlsPeer::connect() {
  await("the handshake", [this] { return shake_hands() || !failure_.empty(); });
}

// "CLIENT_TRAFFIC_SECRET_0", the client's random bytes and the secret, both in hexadecimal.
void TlsPeer::note_secret(const SSL* session, const char* line) {
  const std::string text = line;
  if (text.rfind("CLIENT_TRAFFIC_SECRET_0 ", 0) != 0) return;
  std::string& secret = static_cast<TlsPeer*>(SSL_get_app_data(session))->secret_;
  secret.clear();
  for (std::size_t at = text.rfind(' ') + 1; at + 1 < text.size(); at += 2) {
    secret += static_cast<char>(std::stoi(text.substr(at, 2), nullptr, 16));
  }
}

namespace {

// HKDF-Expand-Label, RFC 8446 section 7.1, of no more bytes than one round has.
std::string expand(const std::string& secret, const std::string& label, std::size_t bytes) {
  const std::string full = "tls13 " + label;
  std::string info = {'\0', static_cast<char>(bytes), static_cast<char>(full.size())};
  info += full + '\0' + '\1';
  std::string made(EVP_MAX_MD_SIZE, '\0');
  HMAC(EVP_sha384(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(info.data()), info.size(),
       reinterpret_cast<unsigned char*>(made.data()), nullptr);
  return made.substr(0, bytes);
}

}  // namespace

// RFC 8446 sections 4.6.3, 5.2 and 5.3: the first record's nonce is the initial vector itself.
void TlsPeer::begin_message() {
  constexpr std::size_t kTagBytes = 16;
  demand(std::string(SSL_get_cipher_name(session_.get())) == "TLS_AES_256_GCM_SHA384", "cipher");
  const std::string plain("\x18\0\0\x01\x16", 5);  // KeyUpdate, a body of one byte; handshake
  const std::string head{'\x17', '\x03', '\x03', '\0', static_cast<char>(plain.size() + kTagBytes)};
  const auto bytes = [](const std::string& text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  };
  const std::string key = expand(secret_, "key", 32);
  const std::string vector = expand(secret_, "iv", 12);
  std::string body(plain.size() + kTagBytes, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(body.data());
  int size = 0;
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> cipher(EVP_CIPHER_CTX_new(),
                                                                               EVP_CIPHER_CTX_free);
  EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes(key), bytes(vector));
  EVP_EncryptUpdate(cipher.get(), nullptr, &size, bytes(head), static_cast<int>(head.size()));
  EVP_EncryptUpdate(cipher.get(), out, &size, bytes(plain), static_cast<int>(plain.size()));
  EVP_EncryptFinal_ex(cipher.get(), out + size, &size);
  EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes, out + plain.size());
  wire_.deliver(head + body);
}

void TlsPeer::write(const std::string& plain) {
  ERR_clear_error();
  note_failure(SSL_write(session_.get(), plain.data(), static_cast<int>(plain.size())));
}

void TlsPeer::update_keys(bool ask_for_theirs) {
  demand(SSL_key_update(session_.get(), ask_for_theirs ? SSL_KEY_UPDATE_REQUESTED
                                                       : SSL_KEY_UPDATE_NOT_REQUESTED) == 1,
         "SSL_key_update");
  demand(SSL_do_handshake(session_.get()) == 1, "SSL_do_handshake");  // which writes it
}

void TlsPeer::end() { SSL_shutdown(session_.get()); }

std::string TlsPeer::take_outgoing() {
  std::string bytes(BIO_ctrl_pending(SSL_get_wbio(session_.get())), '\0');
  if (!bytes.empty()) {
    BIO_read(SSL_get_wbio(session_.get()), bytes.data(), static_cast<int>(bytes.size()));
  }
  return bytes;
}

const std::string& TlsPeer::read() {
  take_in();
  char buffer[16 * 1024];
  for (;;) {
    ERR_clear_error();
    const int returned = SSL_read(session_.get(), buffer, sizeof buffer);
    if (returned <= 0) {
      note_failure(returned);
      return plain_;
    }
    plain_.append(buffer, static_cast<std::size_t>(returned));
  }
}

bool TlsPeer::saw_close_notify() const {
  return (SSL_get_shutdown(session_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

void TlsPeer::note_failure(int returned) {
  if (SSL_get_error(session_.get(), returned) != SSL_ERROR_SSL) return;
  const char* const reason = ERR_reason_error_string(ERR_get_error());
  failure_ = reason == nullptr ? "unknown" : reason;
}

std::string TlsPeer::server_certificate_name() const {
  const X509* const certificate = SSL_get0_peer_certificate(session_.get());
  char name[256] = "";
  if (certificate != nullptr) {
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name,
                              sizeof name);
  }
  return name;
}

}  // namespace triloop::testing
