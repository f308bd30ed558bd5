#include "choose.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>

#include "chat.h"
#include "chat_line.h"
#include "demo/engine/engine.h"
#include "demo/engine/nats_journal.h"
#include "demo/engine/nats_presence.h"
#include "demo/output.h"
#include "echo.h"
#include "local_presence.h"
#include "proxy.h"
#include "relay.h"
#include "rpc.h"
#include "sqlite_journal.h"

namespace triloop {
namespace {

// What is made of a choice; and whether an engine that it needs can be reached.
struct Made {
  Processor processor;
  std::function<bool()> reaches_engine = [] { return true; };
};

struct Offer {
  const char* says;
  std::function<Made(const ProcessorChoice&)> make;
  // Does the heartbeat, a text message, make sense to its peers? Not where every message is JSON,
  // or bytes of another protocol.
  bool heartbeat;
  std::size_t max_message_bytes;  // no more than the server's
  bool with_rest = false;         // has it a use for what follows "/ws/"?
};

constexpr std::size_t kAny = SIZE_MAX;
constexpr std::size_t kLineBytes = 4096;                  // of a chat
constexpr std::size_t kCallBytes = std::size_t{1} << 20;  // as JSON it takes ten times as much

Made make_chat(const ProcessorChoice& choice) {
  if (choice.engine.urls.empty()) {
    return {chat(std::make_shared<Rooms>(std::make_unique<SqliteJournal>(choice.database),
                                         std::make_unique<LocalPresence>(), choice.slow_member))};
  }
  const auto engine = std::make_shared<Engine>(choice.engine);
  auto rooms = std::make_shared<Rooms>(std::make_unique<NatsJournal>(engine),
                                       std::make_unique<NatsPresence>(engine), choice.slow_member);
  return {chat(std::move(rooms)), [engine] { return engine->reachable(); }};
}

Made make_proxy(const ProcessorChoice& choice) {
  const bool speaks_websocket = choice.upstream.find("://") != std::string::npos;
  return {speaks_websocket ? relay(choice.upstream, choice.to_upstream) : proxy(choice.upstream)};
}

// What holds on the way to the upstream server, of what holds on the way to the peers.
ClientOptions client_options(const PathOptions& path, const Options& server) {
  ClientOptions client;
  static_cast<PathOptions&>(client) = path;
  client.heartbeat = std::chrono::milliseconds(0);
  client.allowed_origins.clear();
  client.compress = false;
  client.connect_timeout = client.handshake_timeout = UpstreamPatience().to_connect;
  client.write_timeout = server.write_timeout;
  client.stack_bytes = server.stack_bytes;
  // A peer waits for it with its own Close, and its own time should not run out first.
  client.close_timeout = std::max(path.close_timeout / 2, std::chrono::milliseconds(1));
  return client;
}

const std::map<std::string, Offer>& offers() {
  using Choice = ProcessorChoice;
  static const std::map<std::string, Offer> all{
      {"echo",
       {"It sends back what you send.",
        [](const Choice& c) { return Made{echo(c.print ? print_line : Look())}; }, true, kAny}},
      {"parallel",
       {"It sends back what you send; many threads work for a connection.",
        [](const Choice& c) { return Made{parallel(c.parallel)}; }, true, kAny}},
      {"chat",
       {"It tells what you say to all who are in the room.",
        [](const Choice& c) { return make_chat(c); }, false, kLineBytes, true}},
      {"rpc",
       {"It answers calls of JSON-RPC 2.0, and says what is wrong with anything else.",
        [](const Choice& c) {
          return Made{rpc(c.parallel.workers, demo_methods(), c.parallel.waiting_bytes)};
        },
        false, kCallBytes}},
      {"proxy",
       {"It passes what you send to a server behind it, and what that one sends to you.",
        [](const Choice& c) { return make_proxy(c); }, false, kAny}},
  };
  return all;
}

}  // namespace

std::vector<std::string> processor_names() {
  std::vector<std::string> names;
  for (const auto& offer : offers()) names.push_back(offer.first);
  return names;
}

ProcessorFacts facts_of(const std::string& name) {
  const Offer& offer = offers().at(name);
  return {offer.says, offer.heartbeat};
}

std::function<bool()> serve_processor(Server& server, const ProcessorChoice& choice,
                                      const Options& options) {
  const Offer& offer = offers().at(choice.name);
  PathOptions mine = options;
  if (!offer.heartbeat) mine.heartbeat = std::chrono::milliseconds(0);
  mine.max_message_bytes = std::min(mine.max_message_bytes, offer.max_message_bytes);
  ProcessorChoice chosen = choice;
  chosen.parallel.waiting_bytes = mine.queue_bytes;
  chosen.to_upstream = client_options(mine, options);
  if (choice.name == "chat") chosen.subprotocols.emplace_back(kWithIds);
  const Made made = offer.make(chosen);
  server.handle("/ws", made.processor, chosen.subprotocols, mine);
  if (offer.with_rest) server.handle("/ws/*", made.processor, chosen.subprotocols, mine);
  return made.reaches_engine;
}

}  // namespace triloop
