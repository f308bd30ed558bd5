#include "chat.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "chat_line.h"
#include "chat_name.h"
#include "chat_news.h"

namespace triloop {
namespace {

constexpr std::uint16_t kUnsupportedData = 1003;  // RFC 6455 section 7.4.1

// Between looks at whether something was missed that can be told by now: no call waits for a
// message and for room at once. Of 1000 members that only listen the looks take 1 % of a core.
constexpr std::chrono::milliseconds kGlance{2000};
constexpr std::chrono::milliseconds kSoon{100};  // of one whose queue is full

// What is read at a time, if it is there: one visit to the disk, and one wake for each who hears
// it.
constexpr std::size_t kMostAtOnce = 64;

// One who is in a room, as its own processor thread has it.
struct Speaker {
  Connection& connection;
  Rooms& rooms;
  const Attendee who;
  const bool with_ids;  // and so acknowledgements
};

// `first`, and what is there behind it. nullopt if something of it is no text.
std::optional<std::vector<std::string>> take_texts(Connection& connection, Message first) {
  std::vector<std::string> texts;
  do {
    if (first.type != MessageType::text) return std::nullopt;
    texts.push_back(std::move(first.data));
  } while (texts.size() < kMostAtOnce && connection.try_read(first) == ReadResult::kMessage);
  return texts;
}

// Blocks while the peer does not read, which then cannot say anything: that is what it deserves.
void answer(Connection& connection, const std::string& news) {
  connection.write(Message::text(news));
}

std::vector<Saying> sayings_of(const Speaker& speaker, const std::vector<std::string>& texts) {
  std::vector<Saying> sayings;
  for (const std::string& text : texts) {
    try {
      sayings.push_back(speaker.with_ids ? saying_of(text) : Saying{text});
    } catch (const NoLine& why) {
      answer(speaker.connection, news_of_refusal(why.what()));
    }
  }
  return sayings;
}

// Blocks on the disk, or on other machines: that is what a thread of one's own is for. Meanwhile
// this connection's reader goes on reading, and the others go on altogether.
void say(const Speaker& speaker, const std::vector<std::string>& texts) {
  const std::vector<Saying> sayings = sayings_of(speaker, texts);
  const std::vector<Kept> kept = speaker.rooms.say(speaker.who, sayings);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (speaker.with_ids) {
      answer(speaker.connection, news_of_fate(sayings[i], kept[i]));
    } else if (kept[i].seq == 0) {
      answer(speaker.connection, news_of_loss(sayings[i]));
    }
  }
}

// How long it may listen until it is told more.
std::chrono::milliseconds catch_up(const Speaker& speaker) {
  try {
    const Room::State state = speaker.rooms.catch_up(speaker.who);
    if (state == Room::State::kNeedsMore) return {};  // what it has said meanwhile comes between
    return state == Room::State::kFull ? kSoon : kGlance;
  } catch (const JournalAway&) {
    return kSoon;  // the journal says it in the log
  }
}

// Blocks in read(), like any processor.
void listen(const Speaker& speaker) {
  using std::chrono::milliseconds;
  TimePoint look = Clock::now() + Room::kTogether;  // the first is when others hear of us
  for (Message message;;) {
    const auto left = std::chrono::ceil<milliseconds>(look - Clock::now());
    const ReadResult result = speaker.connection.read_for(message, std::max(left, milliseconds(0)));
    if (result == ReadResult::kEnd) return;
    if (result == ReadResult::kMessage) {
      const auto texts = take_texts(speaker.connection, std::move(message));
      if (texts) {
        say(speaker, *texts);
      } else {
        speaker.connection.close(kUnsupportedData, "only text");
      }
    }
    if (Clock::now() < look) continue;
    look = Clock::now() + catch_up(speaker);
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

// nullopt if there is none, or it is no number.
std::optional<std::uint64_t> since_of(const Request& request) {
  const std::string digits = request.parameter("since");
  std::uint64_t seq = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), seq);
  const bool all = result.ec == std::errc() && result.ptr == digits.data() + digits.size();
  return all ? std::optional(seq) : std::nullopt;
}

// nullopt if it does not come in, and then is told why.
std::optional<Attendee> come_in(Connection& connection, Rooms& rooms) {
  const Request& request = connection.request();
  const auto room = room_of(request);
  const auto name = chat_name(request.parameter("name"), NameIn::query);
  if (!room || !name) {
    connection.close(close_code::kPolicyViolation, "this needs a room and a name");
    return std::nullopt;
  }
  try {
    auto who = rooms.join({*room, *name, connection.handle(), request.parameter("token"),
                           since_of(request), request.parameter("epoch")});
    if (!who) connection.close(close_code::kPolicyViolation, "somebody here has this name");
    return who;
  } catch (const JournalAway&) {
    connection.close(close_code::kTryAgainLater, "the rooms cannot be reached now");
    return std::nullopt;
  }
}

}  // namespace

Processor chat(std::shared_ptr<Rooms> rooms) {
  return [rooms = std::move(rooms)](Connection& connection) {
    const auto who = come_in(connection, *rooms);
    if (!who) return;
    try {
      listen({connection, *rooms, *who, connection.subprotocol() == kWithIds});
    } catch (...) {  // the database failed
      rooms->leave(*who, server_stops(connection));
      throw;
    }
    rooms->leave(*who, server_stops(connection));
  };
}

}  // namespace triloop
