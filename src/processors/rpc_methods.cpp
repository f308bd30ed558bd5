#include <chrono>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "processors/rpc.h"

namespace triloop {
namespace {

using nlohmann::json;

constexpr int kLongestSleepMs = 10'000;

// A bool is no number, though json would make one of it.
double number_of(const json& param) {
  if (!param.is_number()) throw invalid_params();
  return param.get<double>();
}

// A whole number from 0 to `most`. An int would not hold all that JSON can write.
int count_of(const json& param, int most) {
  const double value = number_of(param);
  if (!(value >= 0 && value <= most) || value != std::trunc(value)) {
    throw invalid_params();
  }
  return static_cast<int>(value);
}

// JSON has one kind of number: 19, not 19.0. It has none for what is too large.
json number(double value) {
  if (!std::isfinite(value)) throw RpcError(rpc_code::kInvalidParams, "Result out of range");
  if (std::abs(value) < kEveryWholeBelow && value == std::trunc(value)) {
    return static_cast<std::int64_t>(value);
  }
  return value;
}

json subtract(const json& params, const CloseLatch&) {
  if (params.is_array()) return number(number_of(params.at(0)) - number_of(params.at(1)));
  return number(number_of(params.at("minuend")) - number_of(params.at("subtrahend")));
}

json sum(const json& params, const CloseLatch&) {
  if (!params.is_array()) throw invalid_params();
  return number(
      std::accumulate(params.begin(), params.end(), 0.0,
                      [](double so_far, const json& x) { return so_far + number_of(x); }));
}

// A slow call that gives up when the connection ends: it waits for the latch, not for the time.
json sleep_for(const json& params, const CloseLatch& closing) {
  const int ms = count_of(params.at("ms"), kLongestSleepMs);
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
