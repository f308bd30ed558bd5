// Exercise 4: what a broadcast promises, with a member that never reads.
#include <cstdio>
#include <string>
#include <vector>

#include "broadcast.h"
#include "served.h"
#include "support/running_server.h"
#include "support/test_client.h"
#include "support/threads.h"

using exercises::Broken;
using triloop::Opcode;
using triloop::testing::client_close;
using triloop::testing::TestClient;

namespace {

// Larger than any number of buffers that the kernel might put in the way of so many of them.
constexpr std::size_t kLongBytes = 64 * 1024;
constexpr int kMostLong = 2000;

constexpr std::size_t kQueueMessages = 4;

constexpr std::uint64_t kSloth = 1;  // the first that connects

triloop::Options small_queues() {
  triloop::Options options = triloop::testing::quiet_options();
  options.queue_messages = kQueueMessages;
  return options;
}

const char* in_words(triloop::Doing writer) {
  switch (writer) {
    case triloop::Doing::waiting_for_message:
      return "waits for a message";
    case triloop::Doing::writing_socket:
      return "waits for the peer";
    default:
      return "does something else";
  }
}

// Three members, in the order in which the server numbers them. The first does not read.
class Room {
 public:
  void enter_all() {
    enter(sloth_, "sloth");
    enter(speaker_, "speaker");
    enter(listener_, "listener");
    hear(speaker_, "the speaker", "listener");
    said_ = 2;  // since the sloth has heard its own name
  }

  // Says long lines until the sloth must have missed some more.
  void talk() {
    for (int missed = 0, i = 0; missed < 3; ++i) {
      if (i == kMostLong)
        throw Broken{"the sloth does not read, and its out-queue never gets full"};
      if (of(kSloth).out_queue.items == kQueueMessages) ++missed;
      say(speaker_, std::to_string(i) + std::string(kLongBytes, 'x'));
    }
  }

  void newcomer() {
    TestClient newcomer(server_.port());
    newcomer.open();
    say(newcomer, "newcomer");
    hear(newcomer, "the newcomer", "newcomer");
    newcomer.send(client_close(1000));
    if (newcomer.frames_to_end().empty()) throw Broken{"the newcomer gets no Close"};
    newcomer.shutdown_send();
    triloop::testing::await("the newcomer to be gone", [&] {
      const auto all = server_.server().snapshot().connections;
      return all.size() == 4 && all.back().state == triloop::ConnectionSnapshot::State::ended;
    });
  }

  void nobody_has_waited() {
    for (const auto& connection : server_.server().snapshot().connections) {
      if (connection.out_queue.waited_for_room.count() == 0) continue;
      throw Broken{"somebody has waited for room in the out-queue of the " +
                   name_of(connection.id)};
    }
  }

  // The server stops, and the sloth reads at last.
  void count() {
    triloop::testing::Worker stops([&] { server_.stop(); });
    std::size_t heard = 0;
    for (TestClient* client : {&speaker_, &listener_, &sloth_}) {
      heard = 0;
      for (const auto& frame : client->frames_to_end()) heard += frame.is(Opcode::text) ? 1 : 0;
      client->shutdown_send();
    }
    stops.await_done();
    if (heard + broadcast_.missed() == said_) return;
    throw Broken{
        "what the sloth has heard and what it is said to have missed is not all there was"};
  }

 private:
  void enter(TestClient& client, const std::string& name) {
    client.open();
    client.send_text(name);
    hear(client, "the " + name, name);
  }

  // One says something, and whoever reads hears it before anything else can happen.
  void say(TestClient& who, const std::string& text) {
    const std::uint64_t before = received();
    who.send_text(text);
    ++said_;
    triloop::testing::await("it to arrive", [&] { return received() > before; });
    triloop::testing::await_standstill();
    refuse_to_wait();
    hear(speaker_, "the speaker", text);
    hear(listener_, "the listener", text);
  }

  static void hear(TestClient& client, const std::string& who, const std::string& text) {
    const std::string heard = client.next_text();
    if (heard == text) return;
    throw Broken{who + (heard.empty() ? " hears an empty message" : " hears something else")};
  }

  triloop::ConnectionSnapshot of(std::uint64_t id) {
    return server_.server().snapshot().connections.at(id - 1);
  }

  std::uint64_t received() {
    std::uint64_t messages = 0;
    for (const auto& connection : server_.server().snapshot().connections) {
      messages += connection.messages_received;
    }
    return messages;
  }

  // All threads are asleep now.
  void refuse_to_wait() {
    const auto connections = server_.server().snapshot().connections;
    bool somebody_waits = false;
    std::string table =
        "  connection  its out-queue  its writer           threads in its write()\n";
    for (const auto& connection : connections) {
      const auto& queue = connection.out_queue;
      somebody_waits = somebody_waits || queue.waiting_for_room > 0;
      char line[200];
      std::snprintf(line, sizeof line, "  %-10s  %zu of %zu         %-19s  %d\n",
                    name_of(connection.id).c_str(), queue.items, kQueueMessages,
                    in_words(connection.writer.doing), queue.waiting_for_room);
      table += line;
    }
    if (somebody_waits) {
      throw Broken{"The speaker has said something, and now all threads of the server wait:\n\n" +
                   table + "\nthe listener hears nothing"};
    }
  }

  static std::string name_of(std::uint64_t id) {
    static const std::vector<std::string> names = {"sloth", "speaker", "listener", "newcomer"};
    return names.at(id - 1);
  }

  Broadcast broadcast_;
  triloop::testing::RunningServer server_{
      [this](triloop::Connection& connection) { broadcast_.serve(connection); }, small_queues()};
  TestClient sloth_{server_.port(), /*receive_buffer_bytes=*/4096}, speaker_{server_.port()},
      listener_{server_.port()};
  std::uint64_t said_ = 0;  // since the sloth is there
};

}  // namespace

int main() {
  exercises::begin("Exercise 4: the broadcast");
  exercises::Kept<Room> room;
  exercises::keep_all(
      {{"who enters hears who enters", [&] { room->enter_all(); }},
       {"who reads hears all that is said, at once and in order", [&] { room->talk(); }},
       {"a newcomer gets in, and leaves", [&] { room->newcomer(); }},
       {"and then it goes on", [&] { room->talk(); }},
       {"nobody has waited for the sloth, not even for a moment",
        [&] { room->nobody_has_waited(); }},
       {"what the sloth has missed is counted", [&] { room->count(); }}});
}
