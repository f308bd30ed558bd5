// Where a block stands that is on its way to one of src/processors/.
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

#include "processors/history.h"
#include "processors/json_rpc.h"
#include "processors/slots.h"
#include "processors/turns.h"
#include "processors/upstream.h"
#include "processors/workers.h"

std::string look_up(const std::string& question);  // takes its time
nlohmann::json call(const std::string& method, const nlohmann::json& params);
bool send_all(triloop::Socket& upstream, const std::string& bytes);
std::string receive_some(triloop::Socket& upstream);  // empty at the end of the stream

// BLOCK
