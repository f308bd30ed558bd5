/// How a peer gets to know that something could not be delivered.
#pragma once

#include "triloop/connection.h"

namespace triloop {

/// Does the code of its Close frame say that something is missing?
bool is_told_of_a_loss(const Connection& connection);

/// Sees to it that the peer gets to know. Blocks, if no code can say so, until the out-queue is
/// sent; freed by the peer that reads, or when it is over.
void tell_of_a_loss(Connection& connection);

/// For who has caught an exception: ends the connection, and not as if all were well.
void end_with_a_loss(Connection& connection);

}  // namespace triloop
