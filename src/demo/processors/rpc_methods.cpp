#include "rpc_methods.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>

namespace triloop {
namespace {

using nlohmann::json;

constexpr int kLongestSleepMs = 10'000;

// A bool is no number, though json would make one of it. Nor is, among numbers with a fraction, a
// whole one that no double has.
double number_of(const json& param) {
  if (!param.is_number()) throw invalid_params();
  const auto value = param.get<double>();
  if (param.is_number_integer() && std::abs(value) >= kEveryWholeBelow) throw invalid_params();
  return value;
}

// A whole number from 0 to `most`. An int would not hold all that JSON can write.
int count_of(const json& param, int most) {
  const double value = number_of(param);
  if (!(value >= 0 && value <= most) || value != std::trunc(value)) {
    throw invalid_params();
  }
  return static_cast<int>(value);
}

RpcError out_of_range() { return {rpc_code::kInvalidParams, "Result out of range"}; }

// JSON has one kind of number: 19, not 19.0. It has none for what is too large.
json number(double value) {
  if (!std::isfinite(value)) throw out_of_range();
  if (std::abs(value) < kEveryWholeBelow && value == std::trunc(value)) {
    return static_cast<std::int64_t>(value);
  }
  return value;
}

// Whole numbers are exact, up to 64 bits; nullopt if it is another number, or none.
std::optional<std::int64_t> whole_of(const json& param) {
  if (!param.is_number_integer()) return std::nullopt;
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  if (param.is_number_unsigned() && param.get<std::uint64_t>() > kMost) throw invalid_params();
  return param.get<std::int64_t>();
}

json difference(const json& minuend, const json& subtrahend) {
  const auto from = whole_of(minuend), what = whole_of(subtrahend);
  if (!from || !what) return number(number_of(minuend) - number_of(subtrahend));
  std::int64_t result = 0;
  if (__builtin_sub_overflow(*from, *what, &result)) throw out_of_range();
  return result;
}

json subtract(const json& params, const Latch&) {
  if (params.is_array()) return difference(params.at(0), params.at(1));
  return difference(params.at("minuend"), params.at("subtrahend"));
}

json sum(const json& params, const Latch&) {
  if (!params.is_array()) throw invalid_params();
  const bool all_are_whole = std::all_of(params.begin(), params.end(),
                                         [](const json& x) { return whole_of(x).has_value(); });
  if (!all_are_whole) {
    return number(
        std::accumulate(params.begin(), params.end(), 0.0,
                        [](double so_far, const json& x) { return so_far + number_of(x); }));
  }
  std::int64_t result = 0;
  for (const json& x : params) {
    if (__builtin_add_overflow(result, *whole_of(x), &result)) throw out_of_range();
  }
  return result;
}

// A slow call that gives up when the connection ends: it waits for the latch, not for the time.
json sleep_for(const json& params, const Latch& closing) {
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
          {"get_data", {[](const json&, const Latch&) {
             return json{"hello", 5};
           }}},
          {"sleep", {sleep_for, /*slow=*/true}}};
}

}  // namespace triloop
