// Where a block stands that gives one of src/demo/processors/ to a server.
#include <triloop/server.h>

#include <nlohmann/json.hpp>
#include <string>

#include "demo/processors/parallel.h"
#include "demo/processors/rpc.h"

std::string look_up(const std::string& question);
nlohmann::json make_report(const nlohmann::json& params, const triloop::Latch& closing);

void serve(triloop::Server& server) {
  // BLOCK
}
