#include <map>
#include <string_view>

#include "demo/option_groups.h"
#include "websocket/http_text.h"
#include "websocket/printable.h"

namespace triloop {
namespace {

// RFC 6455 section 4.1: a token of HTTP. Empty if it is one.
std::string fault_in_subprotocol(const std::string& name) {
  return is_token(name) ? "" : "'" + printable(name) + "' is no name of a subprotocol";
}

// Streams, subjects and buckets of NATS are named by it.
std::string fault_in_cluster_name(const std::string& name) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  const bool plain = !name.empty() && name.find_first_not_of(kPlain) == std::string::npos;
  return plain ? ""
               : "'" + printable(name) + "' has other characters than letters, digits, - and _";
}

}  // namespace

void add_processor_options(CLI::App& app, ProcessorChoice& choice) {
  app.add_option("--processor", choice.name, "what answers at /ws")
      ->check(CLI::IsMember(processor_names()))
      ->type_name("NAME");
  app.add_option("--subprotocol", choice.subprotocols,
                 "subprotocols to agree on, the favourite first: binary,mqtt; none by default")
      ->delimiter(',')
      ->check(&fault_in_subprotocol)
      ->type_name("NAMES");
  app.add_option("--workers", choice.parallel.workers,
                 "parallel, rpc: threads that work for one connection")
      ->check(CLI::Range(1, 1000))
      ->type_name("COUNT");
  app.add_option("--all-workers", choice.parallel.all_workers,
                 "parallel: requests worked on at once in all connections together")
      ->check(CLI::Range(1, 1'000'000))
      ->type_name("COUNT");
  app.add_flag("--in-order", choice.parallel.in_order,
               "parallel: replies in the order of the requests");
  app.add_option("--database", choice.database, "chat: the file that keeps the history")
      ->type_name("FILE");
  app.add_option("--slow-member", choice.slow_member,
                 "chat: one that reads too slowly misses lines, or is closed: skip, disconnect")
      ->default_str("skip")
      ->transform(CLI::CheckedTransformer(
                      std::map<std::string, SlowMember>{{"skip", SlowMember::kSkip},
                                                        {"disconnect", SlowMember::kDisconnect}},
                      CLI::ignore_case)
                      .description(""))
      ->type_name("POLICY");
  app.add_option("--upstream", choice.upstream,
                 "proxy: the server behind it: of TCP, or ws://HOST:PORT/PATH, wss://")
      ->type_name("HOST:PORT");
}

void add_engine_options(CLI::App& app, EngineOptions& engine) {
  app.add_option("--cluster", engine.urls,
                 "chat: NATS servers that keep the rooms for all triloops that name them")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("URLS");
  app.add_option("--cluster-name", engine.name, "chat: what streams and buckets there begin with")
      ->check(&fault_in_cluster_name)
      ->type_name("NAME");
  app.add_option("--cluster-replicas", engine.replicas,
                 "chat: of streams; 0 is 3 with three addresses or more, else 1")
      ->check(CLI::Range(0, 5))
      ->type_name("COUNT");
  app.add_option("--cluster-credentials", engine.credentials,
                 "chat: a user's JWT and key, for NATS")
      ->check(CLI::ExistingFile)
      ->type_name("FILE");
  app.add_option("--cluster-ca", engine.ca, "chat: whom to believe that it is NATS; makes it TLS")
      ->check(CLI::ExistingFile)
      ->type_name("FILE");
  CLI::Option* const key = app.add_option("--cluster-key", engine.key, "chat: of the certificate")
                               ->check(CLI::ExistingFile)
                               ->type_name("FILE");
  app.add_option("--cluster-certificate", engine.certificate, "chat: to show to NATS")
      ->check(CLI::ExistingFile)
      ->needs(key)
      ->type_name("FILE");
  add_seconds(app, "--keep-timeout", engine.patience, 1,
              "chat: for NATS to keep a line, before its sender is told that it is not kept");
}

}  // namespace triloop
