// src/demo/processors/chat.h: who hears what, what is kept, and what becomes of a slow member.
#include "demo/processors/chat.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "demo/processors/chat_name.h"
#include "demo/processors/choose.h"
#include "demo/processors/local_presence.h"
#include "demo/processors/sqlite.h"
#include "demo/processors/sqlite_journal.h"
#include "demo/processors/token.h"
#include "support/catch.h"
#include "support/running_server.h"
#include "support/test_client.h"
#include "support/threads.h"

namespace triloop {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::await;
using testing::client_close;
using testing::client_frame;
using testing::quiet_options;
using testing::RunningServer;
using testing::TestClient;

// A folder for a database, which goes with it.
class Folder {
 public:
  Folder() {
    std::string path = (fs::temp_directory_path() / "triloop-chat-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = path;
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file() const { return (path_ / "chat.db").string(); }

 private:
  fs::path path_;
};

// A chat server; its database is in memory unless it is given a file.
struct ChatServer {
  explicit ChatServer(SlowMember slow = SlowMember::kSkip, const std::string& file = ":memory:",
                      const Options& options = quiet_options())
      : rooms(std::make_shared<Rooms>(std::make_unique<SqliteJournal>(file),
                                      std::make_unique<LocalPresence>(), slow)),
        server(chat(rooms), options) {}
  std::uint16_t port() const { return server.port(); }

  std::shared_ptr<Rooms> rooms;
  RunningServer server;
};

json next_news(TestClient& client) { return json::parse(client.next_text()); }

// Enters, and returns the welcome.
json enter(TestClient& client, const std::string& name, const std::string& room = "lobby") {
  client.open("/ws?room=" + room + "&name=" + name);
  return next_news(client);
}

std::uint16_t code_at_the_door(std::uint16_t port, const std::string& query) {
  TestClient client(port);
  client.open("/ws" + query);
  const auto frame = client.next_frame();
  return frame && frame->is(Opcode::close) ? frame->close_code() : 0;
}

json join(const std::string& name) { return {{"type", "join"}, {"name", name}}; }
json leave(const std::string& name) { return {{"type", "leave"}, {"name", name}}; }

// What was said, without the time.
void check_line(const json& news, const std::string& name, const std::string& text) {
  CHECK(news["type"] == "line");
  CHECK(news["name"] == name);
  CHECK(news["text"] == text);
  CHECK(news["time"].get<std::string>().size() == 20);
}

TEST_CASE("chat: joins, lines and leaves reach everybody in the room, and nobody else", "[chat]") {
  const ChatServer server;
  TestClient ann(server.port()), other(server.port());
  CHECK(enter(ann, "ann")["members"] == json{"ann"});
  enter(other, "other", "cellar");
  {
    TestClient bob(server.port());
    const json welcome = enter(bob, "bob");
    CHECK(welcome["type"] == "welcome");
    CHECK(welcome["room"] == "lobby");
    CHECK(welcome["members"].size() == 2);
    CHECK(next_news(ann) == join("bob"));
    bob.send_text("hello");
    check_line(next_news(ann), "bob", "hello");
    check_line(next_news(bob), "bob", "hello");
    bob.send(client_close(1000));
    CHECK(next_news(ann) == leave("bob"));
  }
  other.send_text("alone");
  check_line(next_news(other), "other", "alone");  // the first that was heard in the cellar
}

// Each hears of who came behind it, once and in one order, and of the line behind all of them.
TEST_CASE("chat: in a large room who comes in is told of together, and of nobody twice", "[chat]") {
  const ChatServer server;
  constexpr std::size_t kMembers = 2 * Room::kLarge;
  std::vector<std::unique_ptr<TestClient>> members;
  std::vector<std::vector<std::string>> known;  // as each has been told
  for (std::size_t i = 0; i < kMembers; ++i) {
    members.push_back(std::make_unique<TestClient>(server.port()));
    const json welcome = enter(*members.back(), "m" + std::to_string(i));
    CHECK(welcome["members"].size() == i + 1);
    known.push_back(welcome["members"].get<std::vector<std::string>>());
  }
  members.front()->send_text("are all here?");
  for (std::size_t i = 0; i < kMembers; ++i) {
    for (;;) {
      const json news = next_news(*members[i]);
      if (news["type"] == "line") break;
      CHECK(news["type"] == "join");
      known[i].push_back(news["name"]);
    }
    CHECK(known[i].size() == kMembers);
    CHECK(std::set<std::string>(known[i].begin(), known[i].end()).size() == kMembers);
  }
  CHECK(members.back()->try_send(client_close(1000)) > 0);
  CHECK(next_news(*members.front()) == leave("m" + std::to_string(kMembers - 1)));
}

TEST_CASE("chat: lines that come together are heard in their order", "[chat]") {
  const ChatServer server;
  TestClient ann(server.port()), bob(server.port());
  enter(ann, "ann");
  enter(bob, "bob");
  CHECK(next_news(ann) == join("bob"));
  std::string lines;
  for (int i = 0; i < 200; ++i) lines += client_frame(Opcode::text, std::to_string(i));
  ann.send(lines);
  for (TestClient* member : {&ann, &bob}) {
    for (int i = 0; i < 200; ++i) check_line(next_news(*member), "ann", std::to_string(i));
  }
}

TEST_CASE("chat: a member whose connection breaks has left", "[chat]") {
  const ChatServer server;
  TestClient ann(server.port()), bob(server.port());
  enter(ann, "ann");
  enter(bob, "bob");
  CHECK(next_news(ann) == join("bob"));
  bob.reset();
  CHECK(next_news(ann) == leave("bob"));
  TestClient again(server.port());
  CHECK(enter(again, "bob")["type"] == "welcome");
}

// Comes in as `name`, with the token of an earlier welcome.
json enter_again(TestClient& client, const std::string& name, const json& welcome) {
  client.open("/ws?room=lobby&name=" + name + "&token=" + welcome["token"].get<std::string>());
  return next_news(client);
}

TEST_CASE("chat: whoever brings the token of a member takes its place, and nobody else hears of it",
          "[chat]") {
  const ChatServer server;
  TestClient ghost(server.port()), bob(server.port()), ann(server.port());
  const json welcome = enter(ghost, "ann");
  enter(bob, "bob");
  CHECK(next_news(ghost) == join("bob"));
  const json again = enter_again(ann, "ann", welcome);
  CHECK(again["type"] == "welcome");
  CHECK(again["token"] == welcome["token"]);
  CHECK(again["members"] == json{"ann", "bob"});
  const auto frames = ghost.frames_to_end();
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].close_code() == 4000);
  CHECK(frames[0].close_reason() == "you have come in again");
  ghost.send(client_close(4000));  // with that its processor leaves, but not the one who came
  ghost.shutdown_send();
  TestClient third(server.port());
  CHECK(enter_again(third, "ann", welcome)["members"] == json{"ann", "bob"});
  third.send_text("it is me");
  check_line(next_news(bob), "ann", "it is me");  // the first that bob hears
  CHECK(ann.frames_to_end().back().close_code() == 4000);
  third.send(client_close(1000));
  CHECK(next_news(bob) == leave("ann"));
}

TEST_CASE(
    "chat: what was sent before its sender lost its place, or the room its last member, is kept",
    "[chat]") {
  const ChatServer server;
  server.rooms->say({"lobby", "ann", new_token(), new_token()}, {{"the last words"}});
  TestClient bob(server.port());
  const json welcome = enter(bob, "bob");
  CHECK(welcome["members"] == json{"bob"});
  REQUIRE(welcome["history"].size() == 1);
  check_line(welcome["history"][0], "ann", "the last words");
}

TEST_CASE("chat: another token, or none, opens no door that is taken", "[chat]") {
  const ChatServer server;
  TestClient ann(server.port()), bob(server.port());
  const std::string token = enter(ann, "ann")["token"];
  CHECK(is_token(token));
  const std::string of_bob = enter(bob, "bob")["token"];
  CHECK(of_bob != token);
  std::string almost = token;
  almost.back() = almost.back() == '0' ? '1' : '0';
  for (const std::string& wrong : {std::string(), of_bob, almost, token + "0", token.substr(1)}) {
    INFO(wrong);
    CHECK(code_at_the_door(server.port(), "?room=lobby&name=ann&token=" + wrong) == 1008);
  }
  CHECK(next_news(ann) == join("bob"));
  ann.send_text("still here");
  check_line(next_news(ann), "ann", "still here");
}

TEST_CASE("chat: who brings a token keeps it, unless it is none", "[chat]") {
  const ChatServer server;
  const std::string token = new_token();
  TestClient ann(server.port()), bob(server.port());
  CHECK(enter_again(ann, "ann", {{"token", token}})["token"] == token);
  for (const std::string none : {"", "x", "0123456789ABCDEF0123456789ABCDEF"}) {
    CHECK_FALSE(is_token(none));
  }
  const std::string weak(40, '0');
  CHECK(enter_again(bob, "bob", {{"token", weak}})["token"] != weak);
}

TEST_CASE("chat: when the server stops nobody is told who goes: all do", "[chat]") {
  ChatServer server;
  TestClient ann(server.port()), bob(server.port()), eve(server.port());
  enter(ann, "ann");
  enter(bob, "bob");
  enter(eve, "eve");
  CHECK(next_news(ann) == join("bob"));
  CHECK(next_news(ann) == join("eve"));
  CHECK(next_news(bob) == join("eve"));
  server.server.server().stop();
  for (TestClient* client : {&ann, &bob, &eve}) {
    const auto frames = client->frames_to_end();
    CHECK(frames.size() == 1);
    CHECK(frames.back().close_code() == 1001);
    client->shutdown_send();
  }
}

TEST_CASE("chat: all hear everything in the same order", "[chat]") {
  constexpr int kSpeakers = 4, kLines = 50;
  const ChatServer server;
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < kSpeakers; ++i) {
    clients.push_back(std::make_unique<TestClient>(server.port()));
    enter(*clients.back(), std::to_string(i));
  }
  for (int line = 0; line < kLines; ++line) {
    for (auto& client : clients) client->send_text(std::to_string(line));
  }
  std::vector<std::vector<json>> heard(kSpeakers);
  for (std::size_t i = 0; i < kSpeakers; ++i) {
    while (heard[i].size() < kSpeakers * kLines) {
      json news = next_news(*clients[i]);
      if (news["type"] == "line") heard[i].push_back(std::move(news));
    }
    CHECK(heard[i] == heard[0]);
  }
}

TEST_CASE("chat: the history survives the server, each room has its own, the last 50 are told",
          "[chat]") {
  const Folder folder;
  {
    const ChatServer server(SlowMember::kSkip, folder.file());
    TestClient ann(server.port()), bob(server.port());
    enter(ann, "ann");
    enter(bob, "bob", "cellar");
    for (int i = 0; i < 60; ++i) {
      ann.send_text(std::to_string(i));
      check_line(next_news(ann), "ann", std::to_string(i));
    }
    bob.send_text("from below");
    next_news(bob);
  }
  const ChatServer server(SlowMember::kSkip, folder.file());
  TestClient ann(server.port()), bob(server.port());
  const json lobby = enter(ann, "ann")["history"];
  REQUIRE(lobby.size() == 50);
  check_line(lobby[0], "ann", "10");
  check_line(lobby[49], "ann", "59");
  const json cellar = enter(bob, "bob", "cellar")["history"];
  REQUIRE(cellar.size() == 1);
  check_line(cellar[0], "bob", "from below");
}

TEST_CASE("chat: between the history and the first line nothing is missed and nothing is double",
          "[chat]") {
  constexpr int kLines = 300;
  const ChatServer server;
  TestClient speaker(server.port());
  enter(speaker, "speaker");
  testing::Worker speaks([&] {
    for (int i = 0; i < kLines; ++i) speaker.send_text(std::to_string(i));
  });
  for (int i = 0; i < 10; ++i) {  // each comes in at another moment
    TestClient client(server.port());
    const json history = enter(client, "late" + std::to_string(i))["history"];
    int next = -1;
    for (const json& line : history) {
      const int number = std::stoi(line["text"].get<std::string>());
      if (next >= 0) CHECK(number == next);
      next = number + 1;
    }
    if (next == kLines || next < 0) continue;
    json news = next_news(client);
    while (news["type"] != "line") news = next_news(client);
    CHECK(news["text"] == std::to_string(next));
  }
  speaks.await_done();
}

// A room in which `slow` takes nothing in, and `talker` says so much that it is noticed.
struct SlowRoom {
  explicit SlowRoom(SlowMember policy) : server(policy, ":memory:", small_queues()) {
    enter(talker, "talker");
    enter(slow, "slow");
    CHECK(next_news(talker) == join("slow"));
  }
  static Options small_queues() {
    Options options = quiet_options();
    options.queue_messages = 4;
    return options;
  }
  // Says long lines until `done`. When the talker has heard one, `slow`, whose name comes first in
  // the alphabet, has had it or missed it.
  void talk_until(const std::function<bool()>& done) {
    const std::string text(100'000, 'x');
    for (; !done(); ++said) {
      talker.send_text(text);
      CHECK(line_heard()["text"] == text);
    }
  }
  json line_heard() {
    for (;;) {
      json news = next_news(talker);
      if (news["type"] == "line") return news;
      other_news.push_back(std::move(news));
    }
  }
  ChatServer server;
  TestClient talker{server.port()}, slow{server.port(), /*receive_buffer_bytes=*/4096};
  int said = 0;
  std::vector<json> other_news;
};

TEST_CASE("chat: a slow member gets all lines, later, and holds nobody up", "[chat]") {
  const testing::LogCapture log;
  SlowRoom room(SlowMember::kSkip);
  room.talk_until([&] { return room.server.rooms->fallen_behind() > 0; });
  room.talk_until([&, before = room.said] { return room.said >= before + 5; });
  TestClient bob(room.server.port());
  enter(bob, "bob");
  bob.send(client_close(1000));
  CHECK(next_news(room.talker) == join("bob"));
  CHECK(next_news(room.talker) == leave("bob"));
  // Nobody says anything more, and yet it gets all; then who is here, for it heard of nobody.
  std::uint64_t seq = 0;
  for (int heard = 0; heard < room.said;) {
    const json news = next_news(room.slow);
    if (news["type"] != "line") continue;
    ++heard;
    CHECK(news["seq"].get<std::uint64_t>() > seq);
    seq = news["seq"];
  }
  CHECK(next_news(room.slow)["type"] == "members");
  room.talk_until([&, before = room.said] { return room.said > before; });
  CHECK(next_news(room.slow)["seq"] == seq + 1);
  CHECK(room.server.rooms->disconnected() == 0);
  log.await("[2] chat: reads too slowly: gets its lines later; so far: 1\n");
}

TEST_CASE("chat: by choice a slow member is disconnected with 1008", "[chat]") {
  const testing::LogCapture log;
  SlowRoom room(SlowMember::kDisconnect);
  room.talk_until([&] { return room.server.rooms->disconnected() == 1; });
  std::uint16_t code = 0;
  int heard = 0;
  while (const auto frame = room.slow.next_frame()) {
    if (frame->is(Opcode::close)) code = frame->close_code();
    if (frame->is(Opcode::text)) ++heard;
    if (code != 0) break;
  }
  CHECK(code == 1008);
  CHECK(heard < room.said);
  if (room.other_news.empty()) room.other_news.push_back(next_news(room.talker));
  CHECK(room.other_news == std::vector<json>{leave("slow")});
  CHECK(room.server.rooms->fallen_behind() == 0);
  CHECK(log.text().find("[2] chat: reads too slowly: disconnected; so far: 1\n") !=
        std::string::npos);
}

TEST_CASE("chat: a name that is missing, hostile or taken is 1008", "[chat]") {
  const ChatServer server;
  TestClient ann(server.port());
  enter(ann, "ann");
  const std::string too_long(41, '1');
  for (const char* query : {"", "?room=lobby", "?name=bob", "?room=&name=bob"}) {
    INFO(query);
    CHECK(code_at_the_door(server.port(), query) == 1008);
  }
  for (const char* name : {"", "ann", "%61nn", "a%00b", "%ff", "%e2%80%aebob", "%2", "%zz", "+bob",
                           "a%0ab", too_long.c_str()}) {
    INFO(name);
    CHECK(code_at_the_door(server.port(), std::string("?room=lobby&name=") + name) == 1008);
  }
  // On a screen they would be ann, a b, or nothing.
  for (const char* name :
       {"ann%C2%AD",       "ann%D8%9C",    "ann%CD%8F",    "%E3%85%A4",       "ann%C2%A0",
        "ann%F3%A0%81%81", "ann%E1%A0%8E", "ann%EF%BF%BE", "ann%EF%B8%8F",    "a++b",
        "a%E3%80%80b",     "ann%C2%85",    "ann%E2%80%A8", "ann%E2%80%A9",    "ann%E2%81%A5",
        "ann%EF%B7%90",    "ann%EF%BF%B0", "ann%EF%BF%B9", "ann%F3%A0%80%80", "ann%5Cu200d"}) {
    INFO(name);
    CHECK(code_at_the_door(server.port(), std::string("?room=lobby&name=") + name) == 1008);
  }
}

TEST_CASE("chat: a name is what it says, whatever it means to HTML, SQL or JSON", "[chat]") {
  const ChatServer server;
  const std::string name = R"(<b>'; DROP TABLE lines; --"&é)";
  const std::string encoded = "%3Cb%3E'%3B+DROP+TABLE+lines%3B+--%22%26%C3%A9";
  CHECK(chat_name(encoded, NameIn::query) == name);
  {
    TestClient client(server.port());
    CHECK(enter(client, encoded, encoded)["members"] == json{name});
    client.send_text(name + "\n{\"type\":\"leave\"}");
    check_line(next_news(client), name, name + "\n{\"type\":\"leave\"}");
  }
  TestClient client(server.port());
  const json history = enter(client, "bob", encoded)["history"];
  REQUIRE(history.size() == 1);
  check_line(history[0], name, name + "\n{\"type\":\"leave\"}");
}

// As encodeURIComponent() has it.
std::string encoded(const std::string& text) {
  std::string out;
  for (const unsigned char byte : text) out += fmt::format("%{:02X}", byte);
  return out;
}

std::optional<std::string> name_of(const std::string& text) {
  return chat_name(encoded(text), NameIn::query);
}

TEST_CASE("chat: a name may have the joiners that its language or its emoji needs", "[chat]") {
  for (const char* name : {
           u8"\U0001F468\u200D\U0001F469\u200D\U0001F467",        // a family
           u8"\U0001F469\U0001F3FD\u200D\U0001F680",              // an astronaut, her skin's colour
           u8"\U0001F3F3\uFE0F\u200D\U0001F308",                  // the flag with a rainbow
           u8"ann \u2764\uFE0F",                                  // a red heart
           u8"\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645",  // Persian: I want
           u8"\u0645\u06CC\u064E\u200C\u062E\u0648",              // with a vowel before it
           u8"\u0D05\u0D35\u0D28\u0D4D\u200D",                    // Malayalam: he
           u8"\u0915\u094D\u200C\u0937",                          // Devanagari: k and ss apart
       }) {
    INFO(name);
    CHECK(name_of(name) == name);
  }
}

TEST_CASE("chat: joiners where they change nothing are no name", "[chat]") {
  for (const char* name : {
           u8"ann\u200D",
           u8"ann\u200C",
           u8"ann\u200C\u062E",
           u8"a\u200Cnn",
           u8"\u200Dann",
           u8"\u200C",
           u8"\u0645\u06CC\u200C",              // at the end
           u8"\u0645\u06CC\u200C\u200C\u062E",  // twice
           u8"\u0645\u06CC\u200D\u062E",        // they are joined anyway
           u8"\U0001F468\u200C\U0001F469",
           u8"\U0001F468\u200D",
           u8"\U0001F468\u200Dann",
           u8"\U0001F468\u200D\u200D\U0001F469",
           u8"ann\uFE0F",
           u8"\u2764\uFE0F\uFE0F",
           u8"\uFE0F",
       }) {
    INFO(name);
    CHECK_FALSE(name_of(name));
  }
}

TEST_CASE("chat: what looks the same is one name and one room", "[chat]") {
  const ChatServer server;
  const std::string composed = encoded(u8"caf\u00E9"), in_two = encoded(u8"cafe\u0301");
  TestClient ann(server.port());
  const json welcome = enter(ann, composed, in_two);
  CHECK(welcome["room"] == u8"caf\u00E9");
  CHECK(welcome["members"] == json{u8"caf\u00E9"});
  const auto is_taken = [&](const std::string& name) {
    return code_at_the_door(server.port(), "?room=" + composed + "&name=" + name) == 1008;
  };
  CHECK(is_taken(in_two));
  // An alef joins no letter behind it, so there a non-joiner changes nothing; nor does the selector
  // behind what is shown in colour anyway.
  const struct {
    const char *one, *other;
  } alike[] = {{u8"\u0646\u0627\u062F\u0631", u8"\u0646\u0627\u200C\u062F\u0631"},
               {u8"\U0001F468", u8"\U0001F468\uFE0F"}};
  for (const auto& pair : alike) {
    TestClient one(server.port());
    const json news = enter(one, encoded(pair.one), composed);
    CHECK(news["members"][0] == pair.one);
    CHECK(name_of(pair.other) == pair.other);
    CHECK(is_taken(encoded(pair.other)));
    CHECK(next_news(ann) == join(pair.one));
    one.send_text(pair.one);
    check_line(next_news(ann), pair.one, pair.one);
    one.send(client_close(1000));
    CHECK(next_news(ann) == leave(pair.one));
  }
  // The history, too, is that of one room.
  TestClient other(server.port());
  CHECK(enter(other, "other", in_two)["history"].size() == 2);
}

// As the program serves it: /ws and /ws/*.
struct WholeChat {
  WholeChat() : server(quiet_options()) {
    ProcessorChoice choice;
    choice.name = "chat";
    choice.database = ":memory:";
    serve_processor(server, choice, quiet_options());
    thread = Thread("accept", [this] { server.run(); });
  }
  ~WholeChat() { server.stop(); }
  Server server;
  Thread thread;
};

TEST_CASE("chat: a room is named by the path or by the query, and is the same one", "[chat]") {
  WholeChat chat;
  TestClient ann(chat.server.port());
  enter(ann, "ann", "the+lobby%2B%2F");
  int number = 0;
  for (const char* target : {"/ws/the%20lobby%2B%2F?name=", "/ws/the%20lobby+%2F?name=",
                             "/ws/the%20lobby+%2F?room=cellar&name="}) {
    INFO(target);
    TestClient client(chat.server.port());
    const std::string name = "bob" + std::to_string(++number);
    client.open(target + name);
    CHECK(next_news(client)["room"] == "the lobby+/");
    CHECK(next_news(ann) == join(name));
    client.send(client_close(1000));
    CHECK(next_news(ann) == leave(name));
  }
  for (const char* target : {"/ws/?name=bob", "/ws/a/b?name=bob", "/ws/a/?name=bob", "/ws/a",
                             "/ws/%20?name=bob", "/ws/%ff?name=bob"}) {
    INFO(target);
    TestClient client(chat.server.port());
    client.open(target);
    CHECK(client.frames_to_end().back().close_code() == 1008);
  }
}

TEST_CASE("chat: a message that is no text is 1003", "[chat]") {
  const ChatServer server;
  TestClient ann(server.port());
  enter(ann, "ann");
  ann.send(client_frame(Opcode::binary, "x"));
  const auto frame = ann.next_frame();
  REQUIRE(frame);
  CHECK(frame->close_code() == 1003);
  ann.send(client_close(1003));
}

// Another program that has the file open.
class OtherProgram {
 public:
  explicit OtherProgram(const std::string& file) {
    if (::sqlite3_open(file.c_str(), &database_) != SQLITE_OK) throw std::runtime_error(file);
  }
  ~OtherProgram() { ::sqlite3_close(database_); }
  OtherProgram(const OtherProgram&) = delete;
  OtherProgram& operator=(const OtherProgram&) = delete;
  void does(const char* sql) { Statement(database_, sql).step(); }

 private:
  sqlite3* database_ = nullptr;
};

TEST_CASE("chat: whose line cannot be written down ends with 1011 and has left, the others stay",
          "[chat][observed]") {
  const Folder folder;
  const testing::LogCapture log;
  const ChatServer server(SlowMember::kSkip, folder.file());
  TestClient ann(server.port()), bob(server.port());
  enter(ann, "ann");
  enter(bob, "bob");
  CHECK(next_news(ann) == join("bob"));
  OtherProgram other(folder.file());
  other.does("BEGIN IMMEDIATE");
  bob.send_text("nobody hears this");
  CHECK(next_news(ann) == leave("bob"));
  CHECK(bob.frames_to_end().back().close_code() == 1011);
  log.await("[2] the processor threw: database is locked");
  other.does("ROLLBACK");
  ann.send_text("still here");
  check_line(next_news(ann), "ann", "still here");
}

TEST_CASE("chat: a locked database is waited for once, not by one speaker after the other",
          "[chat]") {
  const Folder folder;
  History history(folder.file());
  OtherProgram other(folder.file());
  other.does("BEGIN IMMEDIATE");
  const auto fails = [&] {
    const TimePoint start = Clock::now();
    CHECK_THROWS_AS(history.add("lobby", "ann", "", {{"x"}}), std::runtime_error);
    return Clock::now() - start;
  };
  const auto first = fails();
  Clock::duration others{};
  for (int i = 0; i < 20; ++i) others += fails();
  CHECK(first >= std::chrono::seconds(1));
  CHECK(others < 10 * first);
  other.does("ROLLBACK");
  CHECK(history.add("lobby", "ann", "", {{"x"}}).lines.front().text == "x");
}

TEST_CASE("chat: a database that was deleted or moved under the server is noticed, once",
          "[chat]") {
  const bool moved = GENERATE(false, true), by_a_line = GENERATE(false, true);
  const Folder folder;
  const testing::LogCapture log;
  const ChatServer server(SlowMember::kSkip, folder.file());
  TestClient ann(server.port()), bob(server.port());
  enter(ann, "ann");
  const std::string noticed = "chat: the database has been deleted or moved under the server\n";
  ann.send_text("while it is there");
  check_line(next_news(ann), "ann", "while it is there");
  if (moved) {
    fs::rename(folder.file(), folder.file() + ".old");
  } else {
    fs::remove(folder.file());
  }
  CHECK(log.text().find(noticed) == std::string::npos);
  if (by_a_line) {
    ann.send_text("into nothing");
    check_line(next_news(ann), "ann", "into nothing");
  } else {
    CHECK(enter(bob, "bob")["history"].size() == 1);
    CHECK(next_news(ann) == join("bob"));
  }
  log.await(noticed);
  ann.send_text("the chat goes on");
  check_line(next_news(ann), "ann", "the chat goes on");
  ann.send(client_close(1000));  // when she has gone the line would be in the log
  ann.frames_to_end();
  CHECK(log.text().find(noticed) == log.text().rfind(noticed));
}

TEST_CASE("chat: what another program wrote need not be UTF-8, and bars no room", "[chat]") {
  const Folder folder;
  const ChatServer server(SlowMember::kSkip, folder.file());
  OtherProgram(folder.file())
      .does("INSERT INTO lines (room, name, text) VALUES ('lobby', 'eve', CAST(x'ff41' AS TEXT))");
  TestClient ann(server.port());
  CHECK(enter(ann, "ann")["history"][0]["text"] ==
        "\xEF\xBF\xBD"
        "A");
}

TEST_CASE("chat: the file keeps the last 100 000 lines of all rooms", "[chat]") {
  const Folder folder;
  History history(folder.file());
  history.add("cellar", "ann", "", {{"the first"}});
  OtherProgram(folder.file())
      .does("INSERT INTO lines (id, room, name, text) VALUES (99999, 'lobby', 'ann', 'x')");
  history.add("lobby", "ann", "", {{"number 100 000"}});
  CHECK(history.last("cellar", 50).lines.size() == 1);
  history.add("lobby", "ann", "", {{"one more"}});
  CHECK(history.last("cellar", 50).lines.empty());
  CHECK(history.last("lobby", 50).lines.size() == 3);
}

TEST_CASE("chat: a database that cannot be opened, or is none, is said at once", "[chat]") {
  CHECK_THROWS_AS(SqliteJournal("/no/such/folder/chat.db"), std::runtime_error);
  CHECK_THROWS_AS(SqliteJournal("/proc/self/cmdline"), std::runtime_error);
}

// In the subprotocol in which lines are acknowledged.
json enter_with_ids(TestClient& client, const std::string& query) {
  const std::string answer = client.request(
      testing::upgrade_request("/ws?room=lobby&" + query, "Sec-WebSocket-Protocol: chat.2\r\n"));
  CHECK(answer.find("Sec-WebSocket-Protocol: chat.2") != std::string::npos);
  return next_news(client);
}

std::string say(const std::string& id, const std::string& text) {
  return json{{"type", "say"}, {"id", id}, {"text", text}}.dump();
}

// The next news of this type.
json next_of(TestClient& client, const std::string& type) {
  for (;;) {
    json news = next_news(client);
    if (news["type"] == type) return news;
  }
}

TEST_CASE("chat: in chat.2 a line is acknowledged with its place, and heard with its id",
          "[chat]") {
  WholeChat chat;
  TestClient ann(chat.server.port()), bob(chat.server.port());
  enter_with_ids(ann, "name=ann");
  enter(bob, "bob");
  ann.send_text(say("7", "hello"));
  const json heard = next_of(bob, "line");
  check_line(heard, "ann", "hello");
  CHECK(heard["id"] == "7");
  CHECK(next_of(ann, "line") == heard);
  CHECK(next_of(ann, "kept") == json{{"type", "kept"}, {"id", "7"}, {"seq", heard["seq"]}});
  bob.send_text("without an id");
  CHECK_FALSE(next_of(ann, "line").contains("id"));
}

// Behind each line there is another: others say as much as one is told. Each waits for may_go_on().
class EndlessJournal : public Journal {
 public:
  void follow(Hear) override {}
  std::vector<Kept> append(const std::string&, const std::string&, const std::string&,
                           const std::vector<Saying>& sayings) override {
    return std::vector<Kept>(sayings.size(), Kept{1'000'000});
  }
  Past last(const std::string&, std::size_t) override { return {}; }
  Past since(const std::string&, std::uint64_t seq, std::size_t) override {
    const MutexLock lock(mutex_);
    ++asked_;
    while (lines_ == 0) go_on_.wait(mutex_);
    --lines_;
    return {{{seq + 1, {}, "ann", "another line", {}}}, seq + 1, /*more=*/true, false, seq + 1};
  }
  std::string epoch() override { return {}; }

  void may_go_on(int lines) {
    const MutexLock lock(mutex_);
    lines_ += lines;
    go_on_.notify_one();
  }
  int times_asked() {
    const MutexLock lock(mutex_);
    return asked_;
  }

 private:
  Mutex mutex_;
  CondVar go_on_;
  int lines_ TRILOOP_GUARDED_BY(mutex_) = 0;
  int asked_ TRILOOP_GUARDED_BY(mutex_) = 0;
};

TEST_CASE("chat: one who is behind is heard, however much the others say", "[chat]") {
  auto owned = std::make_unique<EndlessJournal>();
  EndlessJournal& journal = *owned;
  Server server(quiet_options());
  server.handle("/ws",
                chat(std::make_shared<Rooms>(std::move(owned), std::make_unique<LocalPresence>(),
                                             SlowMember::kSkip)),
                {"chat.2"});
  const testing::Running running(server);
  TestClient bob(server.port());
  journal.may_go_on(1);
  REQUIRE(enter_with_ids(bob, "name=bob&since=0")["type"] == "welcome");
  await("it to catch up", [&] { return journal.times_asked() == 2; });
  bob.send_text(say("7", "may I say something?"));
  testing::await_standstill();  // it has come; of the others there is always more
  std::string heard = "line";
  for (int lines = 0; lines < 3 && heard == "line"; ++lines) {
    journal.may_go_on(1);
    heard = next_news(bob)["type"];
  }
  CHECK(heard == "kept");
  journal.may_go_on(1000);  // so that it ends
}

TEST_CASE("chat: what is said again is kept once, and acknowledged as before", "[chat]") {
  WholeChat chat;
  TestClient ann(chat.server.port()), again(chat.server.port()), bob(chat.server.port());
  const json welcome = enter_with_ids(ann, "name=ann");
  enter_with_ids(bob, "name=bob");
  ann.send_text(say("7", "hello"));
  const json kept = next_of(ann, "kept");
  ann.send_text(say("7", "hello"));
  CHECK(next_of(ann, "kept") == kept);
  enter_with_ids(again, "name=ann&token=" + welcome["token"].get<std::string>());
  again.send_text(say("7", "hello"));
  CHECK(next_of(again, "kept") == kept);
  bob.send_text(say("7", "the id is another one's"));
  check_line(next_of(bob, "line"), "ann", "hello");
  check_line(next_of(bob, "line"), "bob", "the id is another one's");
  CHECK(next_of(bob, "kept")["seq"] > kept["seq"]);
}

TEST_CASE("chat: what is no line in chat.2 is refused, and it is said why", "[chat]") {
  WholeChat chat;
  TestClient ann(chat.server.port());
  enter_with_ids(ann, "name=ann");
  const struct {
    std::string message, reason;
  } wrong[] = {{"hello", "this is no JSON object"},
               {"[]", "this is no JSON object"},
               {"{}", "'type' has to be a string"},
               {R"({"type":"shout"})", "there is no other type than 'say'"},
               {R"({"type":"say","id":"1"})", "'text' has to be a string"},
               {R"({"type":"say","id":1,"text":"x"})", "'id' has to be a string"},
               {say("", "x"), "'id' has to say something"},
               {say(std::string(65, 'x'), "x"), "'id' is longer than 64 bytes"}};
  for (const auto& [message, reason] : wrong) {
    INFO(message);
    ann.send_text(message);
    CHECK(next_news(ann) == json{{"type", "refused"}, {"reason", reason}});
  }
  ann.send_text(say(std::string(64, 'x'), "still here"));
  check_line(next_of(ann, "line"), "ann", "still here");
}

std::string since(const json& seq, const json& welcome) {
  return "&since=" + seq.dump() + "&epoch=" + welcome["epoch"].get<std::string>();
}

TEST_CASE("chat: who comes back with the last that it heard gets what it missed, and no more",
          "[chat]") {
  const ChatServer server;
  const int missed = GENERATE(0, 1, 50, 51, 200, 400);
  const bool heard_one = GENERATE(false, true);
  TestClient ann(server.port());
  enter(ann, "ann");
  json seq, welcome;
  {
    TestClient bob(server.port());
    welcome = enter(bob, "bob");
    seq = welcome["seq"];  // also of a room in which nothing was ever said
    if (heard_one) {
      ann.send_text("heard");
      seq = next_of(bob, "line")["seq"];
    }
    bob.send(client_close(1000));
    next_of(ann, "leave");
  }
  for (int i = 0; i < missed; ++i) {
    ann.send_text(std::to_string(i));
    next_of(ann, "line");
  }
  TestClient bob(server.port());
  const json again = enter(bob, "bob" + since(seq, welcome));
  CHECK_FALSE(again.contains("gap"));
  int next = 0;
  for (const json& line : again["history"]) CHECK(line["text"] == std::to_string(next++));
  CHECK(next == std::min(missed, 50));
  while (next < missed) CHECK(next_of(bob, "line")["text"] == std::to_string(next++));
  ann.send_text("and now");
  CHECK(next_of(bob, "line")["text"] == "and now");
}

TEST_CASE("chat: who comes back to another history, or too late, is told of a gap", "[chat]") {
  const Folder folder;
  json welcome;
  {
    const ChatServer server(SlowMember::kSkip, folder.file());
    TestClient ann(server.port());
    welcome = enter(ann, "ann");
    ann.send_text("1");
    next_news(ann);
  }
  SECTION("the epoch is another one's") {
    const ChatServer server;
    TestClient ann(server.port());
    const json other = enter(ann, "ann" + since(0, welcome));
    CHECK(other["gap"] == true);
    CHECK(other["epoch"] != welcome["epoch"]);
  }
  SECTION("the sequence is another one's") {
    const ChatServer server(SlowMember::kSkip, folder.file());
    TestClient ann(server.port());
    const json other = enter(ann, "ann&since=17");
    CHECK(other["gap"] == true);
    CHECK(other["history"].size() == 1);
  }
  SECTION("what it has not heard is not kept any more") {
    OtherProgram(folder.file())
        .does("INSERT INTO lines (id, room, name, text) VALUES (100001, 'cellar', 'ann', 'x')");
    const ChatServer server(SlowMember::kSkip, folder.file());
    TestClient ann(server.port());
    CHECK_FALSE(enter(ann, "ann" + since(0, welcome)).contains("gap"));
    ann.send_text("2");  // line 1 goes with it
    next_news(ann);
    TestClient bob(server.port());
    CHECK(enter(bob, "bob" + since(0, welcome))["gap"] == true);
    TestClient eve(server.port());
    CHECK_FALSE(enter(eve, "eve" + since(100000, welcome)).contains("gap"));
  }
}

TEST_CASE("chat: a file of version 0.1 keeps its lines, and gets what is new", "[chat]") {
  const Folder folder;
  OtherProgram(folder.file())
      .does(
          "CREATE TABLE lines (id INTEGER PRIMARY KEY, room TEXT NOT NULL, name TEXT NOT NULL, "
          "text TEXT NOT NULL, time TEXT NOT NULL DEFAULT '2026-01-01T00:00:00Z')");
  OtherProgram(folder.file())
      .does("INSERT INTO lines (room, name, text) VALUES ('lobby', 'ann', 'from before')");
  for (int times = 0; times < 2; ++times) {
    History history(folder.file());
    CHECK(history.last("lobby", 50).lines.front().text == "from before");
    const auto first = history.add("lobby", "ann", "a", {{"x", "7"}});
    CHECK(first.seqs == history.add("lobby", "ann", "a", {{"x", "7"}}).seqs);
    CHECK_FALSE(history.epoch().empty());
  }
}

}  // namespace
}  // namespace triloop
