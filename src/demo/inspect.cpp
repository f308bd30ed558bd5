#include "demo/inspect.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

namespace triloop {
namespace {

using nlohmann::json;

constexpr std::chrono::milliseconds kBetweenSnapshots{100};

double seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

const char* name_of(Doing doing) {
  switch (doing) {
    case Doing::not_started:
      return "not_started";
    case Doing::reading_socket:
      return "reading_socket";
    case Doing::writing_socket:
      return "writing_socket";
    case Doing::waiting_for_message:
      return "waiting_for_message";
    case Doing::waiting_for_room:
      return "waiting_for_room";
    case Doing::waiting_for_peer:
      return "waiting_for_peer";
    case Doing::working:
      return "working";
    case Doing::ended:
      return "ended";
  }
  return "?";
}

const char* name_of(ConnectionSnapshot::State state) {
  constexpr std::array<const char*, 4> kNames{"handshake", "open", "closing", "ended"};
  return kNames.at(static_cast<std::size_t>(state));
}

json to_json(const ThreadSnapshot& thread, json times) {
  times["working"] = seconds(thread.working);
  return {{"doing", name_of(thread.doing)},
          {"seconds", std::move(times)},
          {"left", thread.left == 0 ? json(nullptr) : json(thread.left)}};
}

json to_json(const QueueSnapshot& queue) {
  return {{"messages", queue.items},
          {"bytes", queue.bytes},
          {"max_messages", queue.bounds.items},
          {"max_bytes", queue.bounds.bytes}};
}

json to_json(const std::optional<CloseReason>& reason) {
  if (!reason) return nullptr;
  return {{"by", name_of(reason->by)}, {"code", reason->code}, {"reason", reason->text}};
}

json to_json(const std::optional<FollowedMessage>& followed) {
  if (!followed) return nullptr;
  return {{"message", followed->message},
          {"bytes", followed->bytes},
          {"seconds",
           {{"in_queue", seconds(followed->in_queue)},
            {"processing", seconds(followed->processing)},
            {"out_queue", seconds(followed->out_queue)},
            {"sending", seconds(followed->sending)}}}};
}

json to_json(const ConnectionSnapshot& one) {
  json all{
      {"id", one.id},
      {"number", one.number == 0 ? json(nullptr) : json(one.number)},
      {"peer", one.peer_address},
      {"path", one.path},
      {"state", name_of(one.state)},
      {"age", seconds(one.age)},
      {"threads",
       {{"reader",
         to_json(one.reader, {{"reading_socket", seconds(one.reader.in_socket)},
                              {"waiting_for_room", seconds(one.reader.waiting_for_room)}})},
        {"processor", to_json(one.processor,
                              {{"waiting_for_message", seconds(one.processor.waiting_for_message)},
                               {"waiting_for_room", seconds(one.processor.waiting_for_room)}})},
        {"writer",
         to_json(one.writer, {{"waiting_for_message", seconds(one.writer.waiting_for_message)},
                              {"writing_socket", seconds(one.writer.in_socket)},
                              {"waiting_for_peer", seconds(one.writer.waiting_for_peer)}})}}},
      {"queues", {{"in", to_json(one.in_queue)}, {"out", to_json(one.out_queue)}}},
      {"latch", {{"closing", to_json(one.closing)}, {"closed", to_json(one.closed)}}},
      {"received", {{"messages", one.messages_received}, {"bytes", one.bytes_received}}},
      {"sent", {{"messages", one.messages_sent}, {"bytes", one.bytes_sent}}},
      {"kept_bytes", one.kept_bytes}};
  if (!one.label.empty()) {
    all["tab"] = one.label;
    all["followed"] = to_json(one.followed);
  }
  return all;
}

// "127.0.0.1:80", "[::1]:80", "localhost:80": without the port.
std::string_view host_of(std::string_view authority) {
  const std::size_t colon = authority.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
  return has_port ? authority.substr(0, colon) : authority;
}

// A host has no case: RFC 3986 section 3.2.2.
std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool starts_with(std::string_view text, std::string_view beginning) {
  return text.substr(0, beginning.size()) == beginning;
}

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "[::1]" || starts_with(host, "[::ffff:127.")) return true;
  // All of 127/8 (RFC 1122 section 3.2.1.3); a name that only begins so has letters in it.
  return starts_with(host, "127.") &&
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

// A proxy on this machine asks for somebody who may be anywhere, and mostly says so. Nor is
// somebody local of whom it says so: that may be the proxy's machine, and not this one.
bool is_passed_on(const Request& request) {
  if (!request.passed_on_by.empty()) return true;
  constexpr std::array kHeaders{"Forwarded", "Via", "X-Forwarded-For", "X-Real-IP"};
  return std::any_of(kHeaders.begin(), kHeaders.end(),
                     [&](const char* header) { return request.headers.count(header) > 0; });
}

// What the peer sends until `time` is read, and says nothing. False if the connection ends.
bool ignore_until(Connection& connection, TimePoint time) {
  Message ignored;
  ReadResult result = ReadResult::kMessage;
  while (result == ReadResult::kMessage) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(time - Clock::now());
    if (left.count() <= 0) return true;
    result = connection.read_for(ignored, left);
  }
  return result == ReadResult::kTimeout;
}

// What /inspect runs. To an observer that is slow, snapshots come less often.
void send_snapshots(Connection& connection, const Server& server) {
  TimePoint next = Clock::now();
  do {
    if (!connection.write(Message::text(to_json(server.snapshot())))) return;
    next = std::max(next + kBetweenSnapshots, Clock::now());
  } while (ignore_until(connection, next));
}

}  // namespace

std::string to_json(const ServerSnapshot& snapshot) {
  json connections = json::array();
  for (const ConnectionSnapshot& one : snapshot.connections) connections.push_back(to_json(one));
  const json all = {{"time", seconds(snapshot.time)},
                    {"accepted", snapshot.accepted},
                    {"websockets", snapshot.websockets},
                    {"connections", std::move(connections)}};
  // A path is what the peer sent, and need not be UTF-8.
  return all.dump(-1, ' ', false, json::error_handler_t::replace);
}

// The Host is looked at, too: a page of somebody else's whose name has been made to lead to this
// machine ("DNS rebinding") is of the same origin as itself.
bool is_local(const Request& request) {
  const std::string host = lower(request.header("Host"));
  if (is_passed_on(request)) return false;
  const std::string_view peer = host_of(request.peer_address);
  const bool is_here = is_loopback(peer) || peer == "unix";  // its socket is a file of this machine
  if (!is_here || !is_loopback(host_of(host))) return false;
  if (request.headers.count("Origin") == 0) return true;  // no browser
  const std::string origin = lower(request.header("Origin"));
  return origin == "http://" + host || origin == "https://" + host;
}

bool may_inspect(InspectAccess access, const Request& request) {
  return access == InspectAccess::kAny || (access == InspectAccess::kLocal && is_local(request));
}

void serve_inspect(Server& server, InspectAccess access) {
  if (access == InspectAccess::kOff) return;
  const auto refusal = [access](const Request& request) -> std::optional<Response> {
    if (may_inspect(access, request)) return std::nullopt;
    Response response;
    response.status = 403;
    response.body = "403: only from this machine; see --inspect\n";
    return response;
  };
  PathOptions options;
  options.heartbeat = std::chrono::milliseconds(0);  // a text that is no JSON
  options.queue_messages = 1;                        // an old snapshot is of no use
  const auto inspect = [&server](Connection& connection) { send_snapshots(connection, server); };
  server.handle("/inspect", inspect, {}, options);
  server.admit("/inspect", [refusal](const Request& request) {
    const std::optional<Response> refused = refusal(request);
    return refused ? refuse(*refused) : let_in();
  });
  server.page("/inspect.json", [&server, refusal](const Request& request) {
    if (const std::optional<Response> refused = refusal(request)) return *refused;
    Response response;
    response.content_type = "application/json";
    response.headers = {{"Cache-Control", "no-store"}};
    response.body = to_json(server.snapshot()) + "\n";
    return response;
  });
}

}  // namespace triloop
