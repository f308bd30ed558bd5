/// The groups of the program's options, each bound to what it sets.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "demo/processors/choose.h"
#include "triloop/options.h"

namespace triloop {

/// An option in seconds, kept in milliseconds: `--heartbeat 0.5`. `value` must outlive `app`, here
/// and below.
void add_seconds(CLI::App& app, const std::string& name, std::chrono::milliseconds& value,
                 double least, const std::string& help);

/// Where it listens, and every limit and deadline.
void add_server_options(CLI::App& app, Options& server);
/// Whose word is taken for who a peer is, and how much one may have.
void add_peer_options(CLI::App& app, Options& server);
/// Certificates and keys. What they come to is there after finish_tls_options().
struct TlsArguments {
  std::vector<std::string> certificates;
  std::vector<std::string> keys;
};
void add_tls_options(CLI::App& app, TlsArguments& arguments, TlsOptions& tls);
/// Makes pairs of them. Throws CLI::ValidationError if one of a pair is missing.
void finish_tls_options(const TlsArguments& arguments, TlsOptions& tls);
/// What answers at /ws, and the options that only one or two of them have.
void add_processor_options(CLI::App& app, ProcessorChoice& choice);
/// The engine on which several servers share the chat's rooms.
void add_engine_options(CLI::App& app, EngineOptions& engine);

}  // namespace triloop
