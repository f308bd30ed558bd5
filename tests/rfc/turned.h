// What a client has sent, as the tables look at it.
#pragma once

#include <string>
#include <string_view>

namespace triloop::testing {

/// The frames without their masks: what a server would have sent in its place. One that is not
/// masked becomes a fault of the transcript.
std::string unmask_all(std::string_view bytes);

}  // namespace triloop::testing
