/// JSON-RPC 2.0 (https://www.jsonrpc.org/specification): requests to replies, without a connection
/// and without threads.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "rpc_error.h"
#include "triloop/latch.h"

namespace triloop {

/// A double has every whole number up to here, 2^53.
constexpr double kEveryWholeBelow = 9007199254740992;

/// What peers may call.
struct RpcMethod {
  /// From the params (an array, an object, or null for none) to the result. Throws RpcError;
  /// whatever nlohmann::json throws when it is asked for params that are not there is "Invalid
  /// params". A slow one returns soon after the latch has fired.
  std::function<nlohmann::json(const nlohmann::json& params, const Latch& closing)> call;
  /// Does it take long? Then it must not hold up the quick ones.
  bool slow = false;
};
using RpcMethods = std::map<std::string, RpcMethod>;

/// How a method is called, so that the caller may refuse to.
using RpcCall = std::function<nlohmann::json(const RpcMethod&, const nlohmann::json& params)>;

/// A request or a batch of them. Throws RpcError.
nlohmann::json parse_rpc(const std::string& text);

/// The reply to a request, those to a batch; null if there is nothing to say, as to a notification
/// or to somebody's response.
nlohmann::json answer_rpc(const nlohmann::json& document, const RpcMethods& methods,
                          const RpcCall& call);

}  // namespace triloop
