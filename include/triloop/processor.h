/// The user's code.
#pragma once

#include <functional>

namespace triloop {

class Connection;

/// A function that runs on the connection's processor thread. It may block as long as it likes. The
/// connection is closed with 1000 when it returns, with 1011 when it throws.
using Processor = std::function<void(Connection&)>;

}  // namespace triloop
