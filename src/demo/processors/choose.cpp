#include "choose.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>

#include "chat.h"
#include "demo/output.h"
#include "echo.h"
#include "proxy.h"
#include "rpc.h"

namespace triloop {
namespace {

struct Offer {
  std::function<Processor(const ProcessorChoice&)> make;
  // Does the heartbeat, a text message, make sense to its peers? Not where every message is JSON,
  // or bytes of another protocol.
  bool heartbeat;
  std::size_t max_message_bytes;  // no more than the server's
  bool with_rest = false;         // has it a use for what follows "/ws/"?
};

constexpr std::size_t kAny = SIZE_MAX;
constexpr std::size_t kLineBytes = 4096;                  // of a chat
constexpr std::size_t kCallBytes = std::size_t{1} << 20;  // as JSON it takes ten times as much

const std::map<std::string, Offer>& offers() {
  using Choice = ProcessorChoice;
  static const std::map<std::string, Offer> all{
      {"echo", {[](const Choice& c) { return echo(c.print ? print_line : Look()); }, true, kAny}},
      {"parallel", {[](const Choice& c) { return parallel(c.parallel); }, true, kAny}},
      {"chat",
       {[](const Choice& c) { return chat(std::make_shared<Rooms>(c.database, c.slow_member)); },
        false, kLineBytes, true}},
      {"rpc",
       {[](const Choice& c) {
          return rpc(c.parallel.workers, demo_methods(), c.parallel.waiting_bytes);
        },
        false, kCallBytes}},
      {"proxy", {[](const Choice& c) { return proxy(c.upstream); }, false, kAny}},
  };
  return all;
}

}  // namespace

std::vector<std::string> processor_names() {
  std::vector<std::string> names;
  for (const auto& offer : offers()) names.push_back(offer.first);
  return names;
}

void serve_processor(Server& server, const ProcessorChoice& choice, const Options& options) {
  const Offer& offer = offers().at(choice.name);
  PathOptions mine = options;
  if (!offer.heartbeat) mine.heartbeat = std::chrono::milliseconds(0);
  mine.max_message_bytes = std::min(mine.max_message_bytes, offer.max_message_bytes);
  ProcessorChoice chosen = choice;
  chosen.parallel.waiting_bytes = mine.queue_bytes;
  const Processor processor = offer.make(chosen);
  server.handle("/ws", processor, choice.subprotocols, mine);
  if (offer.with_rest) server.handle("/ws/*", processor, choice.subprotocols, mine);
}

}  // namespace triloop
