#include "demo/about.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "triloop/version.h"

namespace triloop {
namespace {

using nlohmann::json;

double seconds(std::chrono::milliseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

const char* name_of(InspectAccess access) {
  switch (access) {
    case InspectAccess::kOff:
      return "off";
    case InspectAccess::kLocal:
      return "local";
    case InspectAccess::kAny:
      return "any";
  }
  return "?";
}

json to_json(const About& about, const Options& options) {
  const ProcessorFacts facts = facts_of(about.processor);
  return {{"version", TRILOOP_VERSION},
          {"processor", about.processor},
          {"says", facts.says},
          {"inspect", name_of(about.inspect)},
          {"lab", true},
          {"chat", about.processor == "chat"},
          {"scheduler", about.scheduler},
          {"tls", !options.tls.certificates.empty()},
          {"write_timeout", seconds(options.write_timeout)},
          {"ping_interval", seconds(options.ping_interval)},
          {"pong_timeout", seconds(options.pong_timeout)},
          {"heartbeat", facts.heartbeat ? seconds(options.heartbeat) : 0}};
}

}  // namespace

void serve_about(Server& server, const About& about, const Options& options) {
  server.page("/about.json",
              [all = to_json(about, options), access = about.inspect](const Request& request) {
                json answer = all;
                answer["inspects_you"] = may_inspect(access, request);
                Response response;
                response.content_type = "application/json";
                response.headers = {{"Cache-Control", "no-store"}};
                response.body = answer.dump() + "\n";
                return response;
              });
}

}  // namespace triloop
