/// The processors that the program offers by name.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "demo/engine/engine_options.h"
#include "parallel.h"
#include "rooms.h"
#include "triloop/client_options.h"
#include "triloop/server.h"

namespace triloop {

/// `--processor NAME`, and the options that belong to one or two of them.
struct ProcessorChoice {
  std::string name = "echo";
  /// `workers` is rpc's, too; `waiting_bytes` is as much as the path's queues hold.
  ParallelOptions parallel;
  std::string database = "triloop-chat.db";
  EngineOptions engine;  ///< without urls there is none, and the chat has its database
  SlowMember slow_member = SlowMember::kSkip;
  std::string upstream = "localhost:6379";  ///< TCP; a URL, ws:// or wss://, is WebSocket
  ClientOptions to_upstream;                ///< of a WebSocket one; as the server's
  bool print = true;                        ///< echo prints what it receives
  std::vector<std::string> subprotocols;    ///< that it answers to, the favourite first
};

/// The names there are.
std::vector<std::string> processor_names();

/// What a page tells of one.
struct ProcessorFacts {
  const char* says;  ///< what it does with what it is sent, in a sentence
  bool heartbeat;    ///< do its peers get one?
};
ProcessorFacts facts_of(const std::string& name);

/// Gives /ws to the processor of that name, and to the chat /ws/* too: its rooms. Throws if that
/// cannot do its work: no database, no upstream address. Before run().
///
/// What it returns tells whether the engine that it needs, if any, can be reached now.
std::function<bool()> serve_processor(Server& server, const ProcessorChoice& choice,
                                      const Options& options);

}  // namespace triloop
