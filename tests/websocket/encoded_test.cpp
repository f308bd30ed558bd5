// What many are sent, encoded once.
#include "websocket/encoded.h"

#include <string>
#include <vector>

#include "support/catch.h"
#include "websocket/protocol.h"
#include "websocket/send_buffer.h"

namespace triloop {
namespace {

constexpr std::size_t kLimit = 100'000;
constexpr int kCompressed = 0x40;                     // RSV1
constexpr std::string_view kTail{"\0\0\xff\xff", 4};  // RFC 7692 section 7.2.2

std::shared_ptr<const Encoded> encoded(const std::string& text) {
  return std::make_shared<const Encoded>(Message::text(text));
}

std::string words(const std::string& word) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += word + std::to_string(i) + ' ';
  return text;
}

// The payload of a short frame that is compressed.
std::string_view payload_of(std::string_view frame) {
  REQUIRE((frame[0] & kCompressed) != 0);
  const bool longer = frame[1] == 126;
  REQUIRE((longer || frame[1] < 126));
  return frame.substr(longer ? 4 : 2);
}

// A peer that keeps what it was sent, as most do.
class Peer {
 public:
  explicit Peer(const DeflateParameters& parameters) : inflater_(as_its_own(parameters)) {}
  std::string take(std::string_view frame) {
    std::string text;
    REQUIRE(inflater_.expand(payload_of(frame), kLimit, text) == Inflater::Result::kOk);
    REQUIRE(inflater_.expand(kTail, kLimit, text) == Inflater::Result::kOk);
    REQUIRE(inflater_.end_message());
    return text;
  }

 private:
  static DeflateParameters as_its_own(DeflateParameters parameters) {
    parameters.client_max_window_bits = parameters.server_max_window_bits;
    parameters.client_no_context_takeover = parameters.server_no_context_takeover;
    return parameters;
  }
  Inflater inflater_;
};

std::string own_frame(WsProtocol& protocol, const std::string& text) {
  Frame frame{Opcode::text, text};
  const std::string header = protocol.encode_header(frame);
  return header + frame.payload;
}

TEST_CASE("an encoded message is the frame that each would have made", "[encoded]") {
  WsProtocol protocol(kLimit);
  for (const std::size_t size : {0, 1, 125, 126, 65'535, 65'536}) {
    const auto shared = encoded(std::string(size, 'x'));
    CHECK(protocol.form_of(*shared) == own_frame(protocol, std::string(size, 'x')));
    CHECK(shared->payload().size() == size);
    CHECK(Frame(shared).size() == size);
  }
}

// Its history and ours are one only as long as we have sent all of it.
TEST_CASE("a peer expands what is its own and what is everybody's, in any order", "[encoded]") {
  DeflateParameters parameters;
  for (const int window : {9, 15}) {
    for (const bool forgets : {false, true}) {
      parameters.server_max_window_bits = window;
      parameters.server_no_context_takeover = forgets;
      WsProtocol protocol(kLimit, parameters);
      Peer peer(parameters);
      const std::string own = words("mine"), all = words("everybody's");
      const auto shared = encoded(all);
      for (int i = 0; i < 3; ++i) {
        CHECK(peer.take(own_frame(protocol, own)) == own);
        CHECK(peer.take(protocol.form_of(*shared)) == all);
        CHECK(peer.take(protocol.form_of(*shared)) == all);
        CHECK(peer.take(own_frame(protocol, all)) == all);
        CHECK(peer.take(own_frame(protocol, own)) == own);
      }
    }
  }
}

TEST_CASE("all who compress alike are sent the same bytes, from the same place", "[encoded]") {
  const auto shared = encoded(words("a"));
  DeflateParameters narrow;
  narrow.server_max_window_bits = 9;
  WsProtocol one(kLimit, DeflateParameters{}), other(kLimit, DeflateParameters{});
  WsProtocol narrower(kLimit, narrow), plain(kLimit);
  CHECK(one.form_of(*shared).data() == other.form_of(*shared).data());
  CHECK(one.form_of(*shared).data() != narrower.form_of(*shared).data());
  CHECK(one.form_of(*shared).size() < shared->plain().size());
  CHECK(plain.form_of(*shared).data() == shared->plain().data());
}

TEST_CASE("what is too short to become shorter is not compressed for anybody", "[encoded]") {
  WsProtocol protocol(kLimit, DeflateParameters{});
  const auto shared = encoded("short");
  CHECK(protocol.form_of(*shared) == shared->plain());
}

TEST_CASE("a batch has its own frames and shared ones in their order", "[encoded]") {
  WsProtocol protocol(kLimit);
  SendBuffer buffer(protocol);
  const auto small = encoded("small"), large = encoded(std::string(5000, 'x'));
  std::vector<Frame> frames;
  frames.emplace_back(small);
  frames.emplace_back(Opcode::text, "mine");
  frames.emplace_back(large);
  frames.emplace_back(small);
  buffer.load(frames);
  std::string bytes;
  for (std::size_t i = 0; i < buffer.count(); ++i) {
    bytes.append(static_cast<const char*>(buffer.parts()[i].iov_base), buffer.parts()[i].iov_len);
  }
  const std::string plain(small->plain());
  CHECK(bytes == plain + own_frame(protocol, "mine") + std::string(large->plain()) + plain);
  CHECK(buffer.parts()[1].iov_base == large->plain().data());
}

}  // namespace
}  // namespace triloop
