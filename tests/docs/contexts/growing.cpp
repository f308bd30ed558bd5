// Where a block stands that is on its way to one of src/demo/processors/.
#include <triloop/handle.h>
#include <triloop/server.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "demo/processors/history.h"
#include "demo/processors/json_rpc.h"
#include "demo/processors/slots.h"
#include "demo/processors/turns.h"
#include "demo/processors/upstream.h"
#include "demo/processors/workers.h"

std::string look_up(const std::string& question);  // takes its time
nlohmann::json call(const std::string& method, const nlohmann::json& params);
bool send_all(triloop::UpstreamSocket& upstream, const std::string& bytes);
std::string receive_some(triloop::UpstreamSocket& upstream);  // empty at the end of the stream

// BLOCK
