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
  app.add_option("--max-connections-per-address", server.max_connections_per_address,
                 "open WebSockets at a time of one address; the next gets 429; 0 is no limit")
      ->check(CLI::Range(std::size_t{0}, std::size_t{1} << 40))
      ->type_name("CONNECTIONS");
  app.add_option("--handshakes-per-second", server.handshakes_per_second,
                 "upgrades that one address may ask for; beyond it 429; 0 is no limit")
      ->check(CLI::Range(std::size_t{0}, std::size_t{1'000'000}))
      ->type_name("HANDSHAKES");
}

}  // namespace triloop
