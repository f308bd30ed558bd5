// src/demo/processors/choose.h: each name has its processor, and that processor the limits it
// needs.
#include "demo/processors/choose.h"

#include <string>
#include <vector>

#include "support/catch.h"
#include "support/running_server.h"
#include "support/test_client.h"
#include "support/threads.h"

namespace triloop {
namespace {

using testing::client_frame;
using testing::TestClient;

TEST_CASE("choose: the processors and their names", "[choose]") {
  CHECK(processor_names() == std::vector<std::string>{"chat", "echo", "parallel", "proxy", "rpc"});
  CHECK(ProcessorChoice().name == "echo");
}

// What the peer of `name` is sent in answer to `bytes`.
std::string first_payload(const std::string& name, const std::string& bytes,
                          const std::string& query = {}) {
  Options options = testing::quiet_options();
  options.heartbeat = std::chrono::milliseconds(1);
  Server server(options);
  ProcessorChoice choice;
  choice.name = name;
  choice.print = false;
  choice.database = ":memory:";
  serve_processor(server, choice, options);
  const Thread accept("accept", [&] { server.run(); });
  struct Stop {
    Server& server;
    ~Stop() { server.stop(); }
  } stop{server};
  TestClient client(server.port());
  client.open("/ws" + query);
  client.send(bytes);
  const auto frame = client.next_frame();
  return frame ? frame->payload : "";
}

TEST_CASE("choose: echo and parallel send the heartbeat, and those whose peers expect JSON do not",
          "[choose]") {
  for (const char* name : {"echo", "parallel"}) {
    CHECK(first_payload(name, "") == "heartbeat from server");
  }
  CHECK(first_payload("chat", "", "?room=a&name=b").find("welcome") != std::string::npos);
  const std::string slow =  // there would be some 50 heartbeats before its reply
      R"({"jsonrpc": "2.0", "method": "sleep", "params": {"ms": 50}, "id": 1})";
  CHECK(first_payload("rpc", client_frame(Opcode::text, slow)).find("result") != std::string::npos);
}

// Is the slow call taken? If not, the refusal comes before the answer to the quick one behind it.
bool is_taken(TestClient& client) {
  client.send_text(R"({"jsonrpc": "2.0", "method": "sleep", "params": {"ms": 10000}, "id": 1})");
  client.send_text(R"({"jsonrpc": "2.0", "method": "get_data", "id": 2})");
  bool taken = true;
  for (std::string reply = client.next_text(); reply.find("\"id\":2") == std::string::npos;
       reply = client.next_text()) {
    taken = false;
  }
  return taken;
}

TEST_CASE("choose: of the bytes of slow calls no more wait than a queue of the server's holds",
          "[choose]") {
  Options options = testing::quiet_options();
  options.queue_bytes = 1;  // so one waits, whatever its size, and no other beside it
  Server server(options);
  ProcessorChoice choice;
  choice.name = "rpc";
  choice.parallel.workers = 2;
  serve_processor(server, choice, options);
  const Thread accept("accept", [&] { server.run(); });
  struct Stop {
    Server& server;
    ~Stop() { server.stop(); }
  } stop{server};
  TestClient client(server.port());
  client.open();
  for (int i = 0; i < 3; ++i) {
    testing::await("a call to be taken", [&] { return is_taken(client); });
  }  // both workers have one, or the third would not be
  for (int i = 0; i < 100; ++i) REQUIRE_FALSE(is_taken(client));
}

TEST_CASE("choose: every processor agrees on the subprotocols that it is given", "[choose]") {
  const Options options = testing::quiet_options();
  for (const std::string& name : processor_names()) {
    INFO(name);
    Server server(options);
    ProcessorChoice choice;
    choice.name = name;
    choice.database = ":memory:";
    choice.subprotocols = {"mqtt", "binary"};
    serve_processor(server, choice, options);
    const Thread accept("accept", [&] { server.run(); });
    {
      TestClient client(server.port());
      const std::string head = client.request(testing::upgrade_request(
          "/ws?room=a&name=b", "Sec-WebSocket-Protocol: binary, mqtt\r\n"));
      CHECK(head.find("\r\nSec-WebSocket-Protocol: mqtt\r\n") != std::string::npos);
    }
    server.stop();
  }
}

TEST_CASE("choose: a line of the chat and a call have a limit of their own", "[choose]") {
  Options options = testing::quiet_options();
  for (const auto& [name, bytes] :
       {std::pair<std::string, std::size_t>{"chat", 4096}, {"rpc", std::size_t{1} << 20}}) {
    Server server(options);
    ProcessorChoice choice;
    choice.name = name;
    choice.database = ":memory:";
    serve_processor(server, choice, options);
    const Thread accept("accept", [&] { server.run(); });
    TestClient client(server.port());
    client.open("/ws?room=a&name=b");
    client.send(client_frame(Opcode::text, std::string(bytes + 1, 'x')));
    auto frame = client.next_frame();
    if (frame && frame->is(Opcode::text)) frame = client.next_frame();  // the welcome
    REQUIRE(frame);
    CHECK(frame->close_code() == 1009);
    client.shutdown_send();
    server.stop();
  }
}

}  // namespace
}  // namespace triloop
