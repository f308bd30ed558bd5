#include "chat.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "chat_name.h"

namespace triloop {
namespace {

constexpr std::uint16_t kUnsupportedData = 1003;  // RFC 6455 section 7.4.1

// Between looks at whether something was missed that can be told by now: no call waits for a
// message and for room at once. Of 1000 members that only listen the looks take 1 % of a core.
constexpr std::chrono::seconds kGlance{2};

// What is read at a time, if it is there: one visit to the disk, and one wake for each who hears
// it.
constexpr std::size_t kMostAtOnce = 64;

// `first`, and what is there behind it. nullopt if something of it is no text.
std::optional<std::vector<std::string>> take_lines(Connection& connection, Message first) {
  std::vector<std::string> lines;
  do {
    if (first.type != MessageType::text) return std::nullopt;
    lines.push_back(std::move(first.data));
  } while (lines.size() < kMostAtOnce && connection.try_read(first) == ReadResult::kMessage);
  return lines;
}

// Blocks in read(), like any processor, and on the disk. That is what a thread of one's own is for:
// meanwhile this connection's reader goes on reading, and the others go on altogether.
void listen(Connection& connection, Rooms& rooms, const std::string& room,
            const std::string& name) {
  const ConnectionHandle me = connection.handle();
  std::chrono::milliseconds glance = Rooms::kTogether;  // the first is when others hear of us
  for (Message message;;) {
    const ReadResult result = connection.read_for(message, glance);
    if (result == ReadResult::kEnd) return;
    if (result == ReadResult::kTimeout) {
      rooms.catch_up(room, me);
      glance = kGlance;
    } else if (const auto lines = take_lines(connection, std::move(message))) {
      rooms.say(room, name, *lines);
    } else {
      connection.close(kUnsupportedData, "only text");
    }
  }
}

bool server_stops(const Connection& connection) {
  const auto reason = connection.ending().reason();
  return reason && reason->by == ClosedBy::server;
}

// `/ws/lobby`, or `/ws?room=lobby`.
std::optional<std::string> room_of(const Request& request) {
  if (request.rest.empty()) return chat_name(request.parameter("room"), NameIn::query);
  return chat_name(request.rest, NameIn::path);
}

}  // namespace

Processor chat(std::shared_ptr<Rooms> rooms) {
  return [rooms = std::move(rooms)](Connection& connection) {
    const auto room = room_of(connection.request());
    const auto name = chat_name(connection.request().parameter("name"), NameIn::query);
    if (!room || !name) {
      return connection.close(close_code::kPolicyViolation, "this needs a room and a name");
    }
    const std::string token = connection.request().parameter("token");
    const ConnectionHandle me = connection.handle();
    if (!rooms->join(*room, *name, me, token)) {
      return connection.close(close_code::kPolicyViolation, "somebody here has this name");
    }
    try {
      listen(connection, *rooms, *room, *name);
    } catch (...) {  // the database failed
      rooms->leave(*room, *name, me, server_stops(connection));
      throw;
    }
    rooms->leave(*room, *name, me, server_stops(connection));
  };
}

}  // namespace triloop
