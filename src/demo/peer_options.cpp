#include "demo/option_groups.h"

namespace triloop {
namespace {

void add_networks(CLI::App& app, const std::string& name, std::vector<std::string>& value,
                  const std::string& help) {
  app.add_option(name, value, help)->delimiter(',')->allow_extra_args(false)->type_name("NETWORKS");
}

}  // namespace

void add_peer_options(CLI::App& app, Options& server) {
  add_networks(app, "--proxy-protocol-from", server.proxy_protocol_from,
               "proxies that begin each connection with a PROXY header, as 10.0.0.0/8; none by "
               "default");
  add_networks(
      app, "--forwarded-from", server.forwarded_from,
      "proxies that say in Forwarded or X-Forwarded-For for whom they ask; none by default");
}

}  // namespace triloop
