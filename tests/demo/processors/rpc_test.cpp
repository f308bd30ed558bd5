// src/demo/processors/rpc.h: JSON-RPC 2.0 as its specification has it, and what threads add to it.
#include "demo/processors/rpc.h"

#include <map>
#include <stdexcept>
#include <string>

#include "support/catch.h"
#include "support/running_server.h"
#include "support/test_client.h"
#include "support/threads.h"

namespace triloop {
namespace {

using nlohmann::json;
using testing::client_close;
using testing::client_frame;
using testing::RunningServer;
using testing::TestClient;

// The reply to `text`, as text; "" for none.
std::string answer(const std::string& text, const RpcMethods& methods = demo_methods()) {
  const Latch open;
  const auto call = [&](const RpcMethod& method, const json& params) {
    return method.call(params, open);
  };
  try {
    const json reply = answer_rpc(parse_rpc(text), methods, call);
    return reply.is_null() ? "" : reply.dump();
  } catch (const RpcError& error) {
    return rpc_error(nullptr, error).dump();
  }
}

void check(const std::string& request, const std::string& reply) {
  INFO(request);
  CHECK(json::parse(answer(request)) == json::parse(reply));
}

TEST_CASE("rpc: the examples of the specification, section 7", "[rpc]") {
  check(R"({"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1})",
        R"({"jsonrpc": "2.0", "result": 19, "id": 1})");
  check(R"({"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2})",
        R"({"jsonrpc": "2.0", "result": -19, "id": 2})");
  check(R"({"jsonrpc": "2.0", "method": "subtract",
            "params": {"subtrahend": 23, "minuend": 42}, "id": 3})",
        R"({"jsonrpc": "2.0", "result": 19, "id": 3})");
  check(R"({"jsonrpc": "2.0", "method": "subtract",
            "params": {"minuend": 42, "subtrahend": 23}, "id": 4})",
        R"({"jsonrpc": "2.0", "result": 19, "id": 4})");
  CHECK(answer(R"({"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]})").empty());
  CHECK(answer(R"({"jsonrpc": "2.0", "method": "foobar"})").empty());
  check(R"({"jsonrpc": "2.0", "method": "foobar", "id": "1"})",
        R"({"jsonrpc": "2.0", "error": {"code": -32601, "message": "Method not found"},
            "id": "1"})");
  check(R"({"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz])",
        R"({"jsonrpc": "2.0", "error": {"code": -32700, "message": "Parse error"}, "id": null})");
  check(R"({"jsonrpc": "2.0", "method": 1, "params": "bar"})",
        R"({"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"},
            "id": null})");
}

TEST_CASE("rpc: the examples of batches", "[rpc]") {
  const std::string invalid =
      R"({"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": null})";
  check(R"([{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
            {"jsonrpc": "2.0", "method"])",
        R"({"jsonrpc": "2.0", "error": {"code": -32700, "message": "Parse error"}, "id": null})");
  check("[]", invalid);
  check("[1]", "[" + invalid + "]");
  check("[1,2,3]", "[" + invalid + "," + invalid + "," + invalid + "]");
  check(R"([{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
            {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},
            {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},
            {"foo": "boo"},
            {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
            {"jsonrpc": "2.0", "method": "get_data", "id": "9"}])",
        R"([{"jsonrpc": "2.0", "result": 7, "id": "1"},
            {"jsonrpc": "2.0", "result": 19, "id": "2"},)" +
            invalid + R"(,
            {"jsonrpc": "2.0", "error": {"code": -32601, "message": "Method not found"}, "id": "5"},
            {"jsonrpc": "2.0", "result": ["hello", 5], "id": "9"}])");
  CHECK(answer(R"([{"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]},
                   {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}])")
            .empty());
}

int code_of(const std::string& request, const RpcMethods& methods = demo_methods()) {
  const json reply = json::parse(answer(request, methods));
  return reply.contains("error") ? reply["error"]["code"].get<int>() : 0;
}

std::string call(const std::string& method, const std::string& params) {
  return R"({"jsonrpc": "2.0", "id": 1, "method": ")" + method + R"(", "params": )" + params + "}";
}

TEST_CASE("rpc: a whole number is written as one, any other as it is", "[rpc]") {
  const auto result = [](const std::string& method, const std::string& params) {
    const std::string reply = answer(call(method, params));
    const std::size_t at = reply.find("\"result\":") + 9;
    return reply.substr(at, reply.find_first_of(",}", at) - at);
  };
  CHECK(result("subtract", "[42, 23]") == "19");
  CHECK(result("subtract", R"({"minuend": 23, "subtrahend": 42.0})") == "-19");
  CHECK(result("sum", "[]") == "0");
  CHECK(result("sum", "[0.25, 0.25]") == "0.5");
  CHECK(result("sum", "[1e300]") == "1e+300");
}

TEST_CASE("rpc: a whole number is exact, or refused", "[rpc]") {
  const auto result = [](const std::string& method, const std::string& params) {
    const json reply = json::parse(answer(call(method, params)));
    return reply.contains("result") ? reply["result"].dump() : reply["error"]["code"].dump();
  };
  const std::string above = "9007199254740993";  // 2^53 + 1, which no double has
  CHECK(result("subtract", "[" + above + ", 0]") == above);
  CHECK(result("subtract", "[9007199254740992, -1]") == above);
  CHECK(result("subtract", "[0, " + above + "]") == "-" + above);
  CHECK(result("sum", "[9007199254740992, 1]") == above);
  CHECK(result("sum", "[9223372036854775806, 1]") == "9223372036854775807");
  for (const char* params : {"[9223372036854775807, 1]", "[9223372036854775808]",
                             "[-9223372036854775807, -2]", "[9007199254740993, 0.5]"}) {
    INFO(params);
    CHECK(result("sum", params) == "-32602");
  }
  CHECK(result("subtract", "[-9223372036854775807, 2]") == "-32602");
}

TEST_CASE("rpc: params that the method cannot use are -32602", "[rpc]") {
  for (const char* params : {"[1]", "{}", R"(["a", "b"])", R"({"minuend": 1})", "[null, 1]"}) {
    CHECK(code_of(call("subtract", params)) == -32602);
  }
  CHECK(code_of(R"({"jsonrpc": "2.0", "id": 1, "method": "sum"})") == -32602);
  CHECK(code_of(call("sleep", R"({"ms": -1})")) == -32602);
  for (const char* ms : {"1e9", "4294967297", "-4294967295", "true", "1.9", "\"1\""}) {
    CHECK(code_of(call("sleep", std::string(R"({"ms": )") + ms + "}")) == -32602);
  }
  CHECK(code_of(call("sum", "[1, true]")) == -32602);
  CHECK(code_of(call("sum", R"({"a": 1})")) == -32602);
  CHECK(code_of(call("sum", "[1e308, 1e308]")) == -32602);  // JSON has no number for the result
}

TEST_CASE("rpc: what is no request object is -32600, with its id if that can be used", "[rpc]") {
  for (const char* request :
       {R"({"method": "sum", "id": 1})", R"({"jsonrpc": "1.0", "method": "sum", "id": 1})",
        R"({"jsonrpc": 2.0, "method": "sum", "id": 1})", R"({"jsonrpc": "2.0", "id": 1})",
        R"({"jsonrpc": "2.0", "method": "sum", "params": 7, "id": 1})",
        R"({"jsonrpc": "2.0", "method": "sum", "params": null, "id": 1})"}) {
    INFO(request);
    CHECK(code_of(request) == -32600);
    CHECK(json::parse(answer(request))["id"] == 1);
  }
  for (const char* request :
       {"1", "null", "\"text\"", "{}", R"({"jsonrpc": "2.0", "method": 7})",
        R"({"jsonrpc": "2.0", "method": "sum", "params": [], "id": []})",
        R"({"jsonrpc": "2.0", "method": "sum", "params": [], "id": true})",
        // It could not come back as it was.
        R"({"jsonrpc": "2.0", "method": "sum", "params": [], "id": 12345678901234567890123})"}) {
    INFO(request);
    CHECK(code_of(request) == -32600);
    CHECK(json::parse(answer(request))["id"].is_null());
  }
}

TEST_CASE("rpc: a response is not answered, alone or in a batch", "[rpc]") {
  const std::string result = R"({"jsonrpc": "2.0", "result": 19, "id": 1})";
  const std::string error =
      R"({"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": null})";
  for (const std::string& response :
       {result, error, "[" + result + "," + error + "]", std::string(R"({"result": null})")}) {
    INFO(response);
    CHECK(answer(response).empty());
  }
  check("[" + error + R"(, {"jsonrpc": "2.0", "method": "sum", "params": [1], "id": 2}])",
        R"([{"jsonrpc": "2.0", "result": 1, "id": 2}])");
}

TEST_CASE("rpc: an id of null is answered, for only one that is missing makes a notification",
          "[rpc]") {
  check(R"({"jsonrpc": "2.0", "method": "sum", "params": [1], "id": null})",
        R"({"jsonrpc": "2.0", "result": 1, "id": null})");
}

TEST_CASE("rpc: a method that fails is -32603, and says nothing of why", "[rpc]") {
  const RpcMethods methods{
      {"fail", {[](const json&, const Latch&) -> json { throw std::runtime_error("a secret"); }}}};
  CHECK(code_of(call("fail", "[]"), methods) == -32603);
  CHECK(answer(call("fail", "[]"), methods).find("secret") == std::string::npos);
}

TEST_CASE("rpc: what would take more memory than it sends is refused", "[rpc]") {
  CHECK(code_of(std::string(100'000, '[')) == -32700);
  CHECK(code_of(std::string(102, '[') + std::string(102, ']')) == -32700);
  CHECK(code_of("[1" + std::string(2000, ' ') + "]") == 0);
  std::string batch = "[1";
  for (int i = 0; i < 1000; ++i) batch += ",1";
  CHECK(code_of(batch + "]") == -32600);
  CHECK(code_of("1e999") == -32700);
}

// Waits until the test lets it go, or until the connection ends.
struct SlowMethod {
  RpcMethods methods() {
    RpcMethods all = demo_methods();
    all["slow"] = {[this](const json&, const Latch& closing) -> json {
                     ++begun;
                     testing::await("the test", [&] { return let_go || closing.fired(); });
                     if (closing.fired()) throw RpcError(rpc_code::kCancelled, "Cancelled");
                     return "slow";
                   },
                   /*slow=*/true};
    return all;
  }
  Atomic<int> begun{0};
  Atomic<bool> let_go{false};
};

json next_reply(TestClient& client) { return json::parse(client.next_text()); }

std::string request(const std::string& method, int id) {
  return json{{"jsonrpc", "2.0"}, {"method", method}, {"id", id}}.dump();
}

TEST_CASE("rpc: a slow call does not hold up quick ones", "[rpc]") {
  SlowMethod slow;
  RunningServer server(rpc(1, slow.methods()));
  TestClient client(server.port());
  client.open();
  client.send_text(request("slow", 1));
  for (int id = 2; id < 100; ++id) {
    client.send_text(request("get_data", id));
    CHECK(next_reply(client)["id"] == id);
  }
  slow.let_go = true;
  CHECK(next_reply(client) == json{{"jsonrpc", "2.0"}, {"id", 1}, {"result", "slow"}});
}

TEST_CASE("rpc: slow calls are bounded: the next is told -32000, and quick ones still go",
          "[rpc]") {
  SlowMethod slow;
  RunningServer server(rpc(2, slow.methods()));
  TestClient client(server.port());
  client.open();
  for (int id = 1; id <= 2; ++id) client.send_text(request("slow", id));
  testing::await("both workers", [&] { return slow.begun == 2; });
  for (int id = 3; id <= 5; ++id) client.send_text(request("slow", id));  // 3 and 4 are queued
  const json refused = next_reply(client);
  CHECK(refused["id"] == 5);
  CHECK(refused["error"]["code"] == -32000);
  client.send_text(request("get_data", 6));
  CHECK(next_reply(client)["id"] == 6);
  slow.let_go = true;
  std::map<int, int> replies;
  for (int i = 0; i < 4; ++i) ++replies[next_reply(client)["id"].get<int>()];
  CHECK(replies == std::map<int, int>{{1, 1}, {2, 1}, {3, 1}, {4, 1}});
  CHECK(slow.begun == 4);
}

TEST_CASE("rpc: a batch with a slow call in it is one reply, and holds nothing up", "[rpc]") {
  SlowMethod slow;
  RunningServer server(rpc(1, slow.methods()));
  TestClient client(server.port());
  client.open();
  client.send_text("[" + request("get_data", 1) + "," + request("slow", 2) + "]");
  client.send_text(request("get_data", 3));
  CHECK(next_reply(client)["id"] == 3);
  slow.let_go = true;
  const json replies = next_reply(client);
  REQUIRE(replies.size() == 2);
  CHECK(replies[0]["id"] == 1);
  CHECK(replies[1]["id"] == 2);
}

TEST_CASE("rpc: what a method returns need not be UTF-8: the reply is", "[rpc]") {
  RpcMethods methods;
  for (const bool slow : {false, true}) {
    methods[slow ? "slow" : "quick"] = {[](const json&, const Latch&) { return "a\xff"; }, slow};
  }
  RunningServer server(rpc(1, methods));
  TestClient client(server.port());
  client.open();
  for (const char* method : {"quick", "slow"}) {
    client.send_text(request(method, 1));
    CHECK(next_reply(client)["result"] == "a\xEF\xBF\xBD");
  }
}

TEST_CASE("rpc: a notification is answered by nothing, even if no worker takes it", "[rpc]") {
  SlowMethod slow;
  RunningServer server(rpc(1, slow.methods()));
  TestClient client(server.port());
  client.open();
  const std::string notification = json{{"jsonrpc", "2.0"}, {"method", "slow"}}.dump();
  client.send_text(notification);
  testing::await("the worker", [&] { return slow.begun == 1; });
  for (int i = 0; i < 3; ++i) client.send_text(notification);  // one is queued, two refused
  client.send_text("[" + notification + "]");
  client.send_text(request("get_data", 1));
  CHECK(next_reply(client)["id"] == 1);
  slow.let_go = true;
  testing::await("the one that was queued", [&] { return slow.begun == 2; });
  client.send_text(request("get_data", 2));
  CHECK(next_reply(client)["id"] == 2);
}

TEST_CASE("rpc: the peer's Close cancels what is in hand", "[rpc]") {
  RunningServer server(rpc(2));
  TestClient client(server.port());
  client.open();
  const TimePoint start = Clock::now();
  client.send_text(call("sleep", R"({"ms": 10000})"));
  client.send(client_close(1000));
  CHECK(next_reply(client)["error"]["code"] == rpc_code::kCancelled);
  CHECK(client.frames_to_end().back().close_code() == 1000);
  CHECK(Clock::now() - start < std::chrono::seconds(10));
}

TEST_CASE("rpc: a connection that breaks cancels what is in hand, and joins", "[rpc]") {
  SlowMethod slow;
  RunningServer server(rpc(2, slow.methods()));
  const std::size_t threads = testing::thread_count();
  {
    TestClient client(server.port());
    client.open();
    client.send_text(request("slow", 1));
    testing::await("the call", [&] { return slow.begun == 1; });
    client.reset();
  }
  testing::await("the threads to be joined", [&] { return testing::thread_count() == threads; });
}

TEST_CASE("rpc: what is no JSON is answered, and the connection stays", "[rpc]") {
  RunningServer server(rpc(1));
  TestClient client(server.port());
  client.open();
  client.send(client_frame(Opcode::binary, "\xff\xfe") + client_frame(Opcode::text, "{"));
  CHECK(next_reply(client)["error"]["code"] == -32700);
  CHECK(next_reply(client)["error"]["code"] == -32700);
  client.send_text(request("get_data", 1));
  CHECK(next_reply(client)["id"] == 1);
}

}  // namespace
}  // namespace triloop
