#include <chrono>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "processors/rpc.h"

namespace triloop {
namespace {

using nlohmann::json;

constexpr int kLongestSleepMs = 10'000;

// JSON has one kind of number: 19, not 19.0. Where double has every whole number.
json number(double value) {
  constexpr double kEveryWholeBelow = 9007199254740992;  // 2^53
  if (std::abs(value) < kEveryWholeBelow && value == std::trunc(value)) {
    return static_cast<std::int64_t>(value);
  }
  return value;
}

json subtract(const json& params, const CloseLatch&) {
  if (params.is_array()) return number(params.at(0).get<double>() - params.at(1).get<double>());
  return number(params.at("minuend").get<double>() - params.at("subtrahend").get<double>());
}

json sum(const json& params, const CloseLatch&) {
  const auto numbers = params.get<std::vector<double>>();
  return number(std::accumulate(numbers.begin(), numbers.end(), 0.0));
}

// A slow call that gives up when the connection ends: it waits for the latch, not for the time.
json sleep_for(const json& params, const CloseLatch& closing) {
  const int ms = params.at("ms").get<int>();
  if (ms < 0 || ms > kLongestSleepMs) throw RpcError(rpc_code::kInvalidParams, "Invalid params");
  if (closing.wait_until(Clock::now() + std::chrono::milliseconds(ms))) {
    throw RpcError(rpc_code::kCancelled, "Cancelled");
  }
  return ms;
}

}  // namespace

RpcMethods demo_methods() {
  return {{"subtract", {subtract}},
          {"sum", {sum}},
          {"get_data", {[](const json&, const CloseLatch&) {
             return json{"hello", 5};
           }}},
          {"sleep", {sleep_for, /*slow=*/true}}};
}

}  // namespace triloop
