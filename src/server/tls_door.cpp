#include "server/tls_door.h"

#include <spdlog/spdlog.h>

#include <stdexcept>
#include <utility>

namespace triloop {
namespace {

const TlsOptions& checked(const TlsOptions& options) {
  if (options.certificates.empty() &&
      (!options.client_ca_file.empty() || options.min_version != TlsVersion::k12)) {
    throw std::invalid_argument("TLS needs a certificate and its key");
  }
  return options;
}

}  // namespace

TlsDoor::TlsDoor(const TlsOptions& options)
    : options_(checked(options)), context_(speaks_tls() ? make_tls_context(options_) : nullptr) {}

std::unique_ptr<Socket> TlsDoor::enter(std::unique_ptr<Socket> socket) const {
  std::shared_ptr<const TlsContext> context;
  {
    const MutexLock lock(mutex_);
    context = context_;
  }
  return make_tls_socket(std::move(socket), std::move(context));
}

bool TlsDoor::reload() {
  if (!speaks_tls()) return false;
  try {
    std::shared_ptr<const TlsContext> context = make_tls_context(options_);
    const MutexLock lock(mutex_);
    context_.swap(context);
  } catch (const std::exception& error) {
    spdlog::error("TLS stays as it was: {}", error.what());
    return false;
  }
  spdlog::info("TLS: the certificates were read again");
  return true;
}

}  // namespace triloop
