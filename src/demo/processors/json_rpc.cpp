#include "json_rpc.h"

#include <cmath>
#include <utility>

namespace triloop {
namespace {

using nlohmann::json;

constexpr int kDeepest = 100;               // what copies and prints JSON calls itself
constexpr std::size_t kMostInBatch = 1000;  // a reply may be 40 times as long as its request

// An id comes back as it was. A whole number beyond 64 bits would not: it is read as a double.
bool is_id(const json& id) {
  if (id.is_number_float()) return std::abs(id.get<double>()) < kEveryWholeBelow;
  return id.is_string() || id.is_number() || id.is_null();
}

// Section 4. Params may be left out, but `null` is neither an array nor an object.
bool is_valid(const json& request) {
  if (!request.is_object() || request.value("jsonrpc", json()) != "2.0") return false;
  const json params = request.value("params", json::array());
  return request.value("method", json()).is_string() && params.is_structured() &&
         is_id(request.value("id", json()));
}

// Section 5. To answer one would make two servers talk to each other for ever.
bool is_response(const json& document) {
  return document.is_object() && !document.contains("method") &&
         (document.contains("result") || document.contains("error"));
}

// The id to answer with: null if there is none that could come back as it was.
json id_of(const json& request) {
  const json id = request.is_object() ? request.value("id", json()) : json();
  return is_id(id) ? id : json();
}

json call_method(const json& request, const RpcMethods& methods, const RpcCall& call) {
  const auto method = methods.find(request["method"].get<std::string>());
  if (method == methods.end()) throw RpcError(rpc_code::kMethodNotFound, "Method not found");
  return call(method->second, request.value("params", json()));
}

json answer_one(const json& request, const RpcMethods& methods, const RpcCall& call) {
  if (is_response(request)) return {};
  const json id = id_of(request);
  if (!is_valid(request)) return rpc_error(id, {rpc_code::kInvalidRequest, "Invalid Request"});
  json reply;
  try {
    json result = call_method(request, methods, call);
    reply = {{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(result)}};
  } catch (const RpcError& error) {
    reply = rpc_error(id, error);
  } catch (const json::exception&) {  // asked for params that are not there
    reply = rpc_error(id, invalid_params());
  } catch (const std::exception&) {
    reply = rpc_error(id, {rpc_code::kInternalError, "Internal error"});
  }
  return request.contains("id") ? reply : json();  // a notification is not even told its error
}

}  // namespace

json parse_rpc(const std::string& text) {
  const auto not_too_deep = [](int depth, json::parse_event_t, json&) {
    if (depth > kDeepest) throw RpcError(rpc_code::kParseError, "Nested too deeply");
    return true;
  };
  try {
    return json::parse(text, not_too_deep);
  } catch (const json::exception&) {
    throw RpcError(rpc_code::kParseError, "Parse error");
  }
}

json answer_rpc(const json& document, const RpcMethods& methods, const RpcCall& call) {
  if (!document.is_array()) return answer_one(document, methods, call);
  if (document.empty() || document.size() > kMostInBatch) {
    return rpc_error(nullptr, {rpc_code::kInvalidRequest, "Invalid Request"});
  }
  json replies = json::array();
  for (const json& request : document) {
    json reply = answer_one(request, methods, call);
    if (!reply.is_null()) replies.push_back(std::move(reply));
  }
  return replies.empty() ? json() : replies;
}

}  // namespace triloop
