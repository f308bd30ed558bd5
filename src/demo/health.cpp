#include "demo/health.h"

#include <string>
#include <utility>

namespace triloop {
namespace {

constexpr int kServiceUnavailable = 503;  // RFC 7231 section 6.6.4

Response plain(int status, const std::string& text) {
  Response response;
  response.status = status;
  response.body = text + "\n";
  response.headers = {{"Cache-Control", "no-store"}};
  return response;
}

}  // namespace

void serve_health(Server& server, std::function<std::string()> why_not_ready) {
  server.page("/healthz", [](const Request&) { return plain(200, "alive"); });
  server.page("/readyz", [why_not = std::move(why_not_ready)](const Request&) {
    const std::string why = why_not();
    return why.empty() ? plain(200, "ready") : plain(kServiceUnavailable, why);
  });
}

}  // namespace triloop
