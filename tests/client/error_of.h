// Why a client has no connection.
#pragma once

#include <stdexcept>
#include <system_error>

#include "triloop/client.h"

namespace triloop::testing {

/// Blocks until it is over, and throws if that was no std::system_error.
inline std::system_error error_of(Client& client) {
  try {
    client.wait();
  } catch (const std::system_error& error) {
    return error;
  }
  throw std::runtime_error("there was a connection");
}

}  // namespace triloop::testing
