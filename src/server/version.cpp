#include "triloop/version.h"

#include <fmt/format.h>
#ifdef TRILOOP_WITH_TLS
#include <openssl/crypto.h>
#endif
#ifdef TRILOOP_WITH_SIMDJSON
#include <simdjson.h>
#endif
#include <spdlog/version.h>
#include <zlib.h>

#include <asio/version.hpp>
#include <websocketpp/version.hpp>

namespace triloop {
namespace {

#if defined(__clang__)
constexpr const char* kCompiler = "clang++ " __clang_version__;
#else
constexpr const char* kCompiler = "g++ " __VERSION__;
#endif

}  // namespace

const char* version() noexcept { return TRILOOP_VERSION; }

std::string built_with() {
  std::string libraries = fmt::format(
      "{}, websocketpp {}.{}.{}, Asio {}.{}.{}, spdlog {}.{}.{}, zlib {}", kCompiler,
      websocketpp::major_version, websocketpp::minor_version, websocketpp::patch_version,
      ASIO_VERSION / 100000, ASIO_VERSION / 100 % 1000, ASIO_VERSION % 100, SPDLOG_VER_MAJOR,
      SPDLOG_VER_MINOR, SPDLOG_VER_PATCH, ZLIB_VERSION);
#ifdef TRILOOP_WITH_SIMDJSON
  libraries +=
      fmt::format(", simdjson {}.{}.{}", int{simdjson::SIMDJSON_VERSION_MAJOR},
                  int{simdjson::SIMDJSON_VERSION_MINOR}, int{simdjson::SIMDJSON_VERSION_REVISION});
#endif
#ifdef TRILOOP_WITH_TLS
  libraries += fmt::format(", OpenSSL {}", OPENSSL_VERSION_STR);
#else
  libraries += ", without TLS";
#endif
  return libraries;
}

}  // namespace triloop
