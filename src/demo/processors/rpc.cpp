#include "rpc.h"

#include <algorithm>
#include <string>

namespace triloop {
namespace {

using nlohmann::json;

// Is a slow method called in it, a request or a batch?
bool is_slow(const json& document, const RpcMethods& methods) {
  if (document.is_array()) {
    return std::any_of(document.begin(), document.end(),
                       [&](const json& request) { return is_slow(request, methods); });
  }
  if (!document.is_object()) return false;
  const json name = document.value("method", json());
  const auto method = methods.find(name.is_string() ? name.get<std::string>() : "");
  return method != methods.end() && method->second.slow;
}

// What a method returns need not be UTF-8.
Message message_of(const json& reply) {
  return Message::text(reply.dump(-1, ' ', false, json::error_handler_t::replace));
}

json refuse(const RpcMethod&, const json&) { throw RpcError(rpc_code::kBusy, "Server busy"); }

}  // namespace

Processor rpc(std::size_t workers, RpcMethods methods, std::size_t waiting_bytes) {
  return [=](Connection& connection) {
    const RpcCall call = [&](const RpcMethod& method, const json& params) {
      return method.call(params, connection.ending());
    };
    const auto answer = [&](const json& request, const RpcCall& how) {
      const json reply = answer_rpc(request, methods, how);
      if (!reply.is_null()) connection.write(message_of(reply));
    };
    Workers slow_calls(connection, workers, waiting_bytes);
    for (const Message& message : connection) {
      try {
        const json request = parse_rpc(message.data);
        if (!is_slow(request, methods)) {
          answer(request, call);
          continue;
        }
        // It waits as text: parsed it can be 20 times as large.
        const auto run = [&, text = message.data] { answer(parse_rpc(text), call); };
        if (!slow_calls.try_push(run, message.data.size())) {
          answer(request, refuse);  // to wait for a worker would hold up the quick ones
        }
      } catch (const RpcError& error) {
        connection.write(message_of(rpc_error(nullptr, error)));
      }
    }
  };  // ending() has fired: what the workers have in hand gives up, and they are joined
}

}  // namespace triloop
