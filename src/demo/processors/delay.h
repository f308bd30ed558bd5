/// A peer may ask for slowness, so that one sees the queues at work.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "triloop/connection.h"

namespace triloop {

/// "200ms" or "1.5s", up to 10 s. nullopt if it is neither.
std::optional<std::chrono::milliseconds> parse_delay(const std::string& text);

/// Waits `delay`, as slow code would; not once an ending has begun.
void be_slow(Connection& connection, std::chrono::milliseconds delay);

/// The delay that the connection's query asks for (`?delay=200ms`); 0 without one. nullopt if what
/// stands there is none: then the connection has been closed with 1008.
std::optional<std::chrono::milliseconds> delay_of(Connection& connection);

}  // namespace triloop
