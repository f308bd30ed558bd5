// The scenarios by name.
#pragma once

#include <string>
#include <vector>

#include "scheduler.h"

namespace explore {

struct Named {
  std::string name;
  Scenario scenario;
  int extra_preemptions = 0;  // above the bound of all: it is small, and needs them; or below
};

const std::vector<Named>& queue_scenarios();
const std::vector<Named>& queue_bounds_scenarios();
const std::vector<Named>& queue_lane_scenarios();
const std::vector<Named>& latch_scenarios();
const std::vector<Named>& spare_scenarios();
const std::vector<Named>& workers_scenarios();

/// These share nothing but under locks (or touch() it), so their states may be merged.
const std::vector<Named>& connection_scenarios();
const std::vector<Named>& calls_scenarios();
const std::vector<Named>& handle_scenarios();
const std::vector<Named>& handshake_scenarios();
const std::vector<Named>& failure_scenarios();
const std::vector<Named>& server_scenarios();
const std::vector<Named>& admit_scenarios();
const std::vector<Named>& time_scenarios();
const std::vector<Named>& lifetime_scenarios();
const std::vector<Named>& shortage_scenarios();
const std::vector<Named>& processor_scenarios();
const std::vector<Named>& group_scenarios();
const std::vector<Named>& chat_scenarios();
const std::vector<Named>& both_ends_scenarios();
const std::vector<Named>& tls_scenarios();

/// Queues that look right (docs/wrong-queues.md), and the right one beside them.
const std::vector<Named>& wrong_queues();
const std::vector<Named>& right_queue();

/// Ways to have two threads and one TLS session (docs/tls.md), and the right one beside them.
const std::vector<Named>& wrong_tls();
const std::vector<Named>& right_tls();

/// Mistakes of a whole connection, cut down, and the right ones behind them.
const std::vector<Named>& small_connections();

}  // namespace explore
