/// What can go wrong with a JSON-RPC request.
#pragma once

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace triloop {

/// The codes of section 5.1, and two of the server's own from the range that it leaves for them.
namespace rpc_code {
constexpr int kParseError = -32700;
constexpr int kInvalidRequest = -32600;
constexpr int kMethodNotFound = -32601;
constexpr int kInvalidParams = -32602;
constexpr int kInternalError = -32603;
constexpr int kBusy = -32000;
constexpr int kCancelled = -32001;
}  // namespace rpc_code

/// Becomes the error object of a reply.
class RpcError : public std::runtime_error {
 public:
  RpcError(int code, const char* message) : std::runtime_error(message), code_(code) {}
  int code() const { return code_; }

 private:
  int code_;
};

inline RpcError invalid_params() { return {rpc_code::kInvalidParams, "Invalid params"}; }

/// The reply that says what went wrong; `id` is null if the request's is unknown.
inline nlohmann::json rpc_error(const nlohmann::json& id, const RpcError& error) {
  return {{"jsonrpc", "2.0"},
          {"id", id},
          {"error", {{"code", error.code()}, {"message", error.what()}}}};
}

}  // namespace triloop
