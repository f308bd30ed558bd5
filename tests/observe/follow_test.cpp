// src/observe/follow.h: one message at a time, through both queues.
#include "observe/follow.h"

#include <vector>

#include "observe/frame_queue.h"
#include "support/catch.h"

namespace triloop {
namespace {

constexpr QueueBounds kAll{10, 1000};

// Two queues as a connection has them.
struct Followed {
  Followed() {
    in.follow(follow);
    out.follow(follow);
  }

  void receive(const std::vector<const char*>& texts) {
    std::vector<Frame> frames;
    for (const char* text : texts) frames.emplace_back(Opcode::text, text);
    in.push_all(frames);
  }
  void read() {
    Frame frame;
    REQUIRE(in.pop_until(frame, kNow) == PopResult::kItems);
  }
  PushResult write(const char* text) {
    Frame frame(Opcode::text, text);
    return out.push_until(frame, kNow);
  }
  // The writer comes for more.
  PopResult take() {
    batch.clear();
    return out.pop_batch(batch, kAll, kNow);
  }

  Follow follow{"mine"};
  FrameQueue in{FrameQueue::kIn, 1, kAll}, out{FrameQueue::kOut, 1, kAll};
  std::vector<Frame> batch;
};

TEST_CASE("a message is followed until the writer is done with its reply", "[follow]") {
  Followed one;
  one.receive({"a", "bb"});
  one.read();
  one.write("reply");
  one.take();
  CHECK_FALSE(one.follow.last());
  one.take();
  REQUIRE(one.follow.last());
  CHECK(one.follow.last()->message == 1);
  CHECK(one.follow.last()->bytes == 1);
}

TEST_CASE("the next that is received is followed once the one before is through", "[follow]") {
  Followed one;
  one.receive({"a"});
  one.receive({"bb"});
  for (const char* text : {"a", "bb"}) {
    one.read();
    one.write(text);
  }
  one.take();
  one.take();
  CHECK(one.follow.last()->message == 1);
  one.receive({"ccc", "dddd"});
  one.read();
  one.write("ccc");
  one.take();
  one.take();
  CHECK(one.follow.last()->message == 3);
  CHECK(one.follow.last()->bytes == 3);
}

TEST_CASE("a message without a reply is given up when the next is read", "[follow]") {
  Followed one;
  one.receive({"silence"});
  one.read();
  one.receive({"question"});
  one.read();
  one.write("answer to the second");
  one.take();
  one.take();
  CHECK_FALSE(one.follow.last());
  one.receive({"third"});
  one.read();
  one.write("answer to the third");
  one.take();
  one.take();
  REQUIRE(one.follow.last());
  CHECK(one.follow.last()->message == 3);
}

TEST_CASE("what is written before anything is read is nobody's reply", "[follow]") {
  Followed one;
  one.write("welcome");
  one.receive({"a"});
  one.take();
  one.take();
  CHECK_FALSE(one.follow.last());
}

TEST_CASE("a reply for which there was no room is tried again, and that is processing",
          "[follow]") {
  Followed one;
  one.receive({"a"});
  one.read();
  one.out.close();
  CHECK(one.write("refused") == PushResult::kClosed);
  FrameQueue again(FrameQueue::kOut, 1, kAll);
  again.follow(one.follow);
  Frame frame(Opcode::text, "taken");
  CHECK(again.push_until(frame, kNow) == PushResult::kPushed);
  again.pop_batch(one.batch, kAll, kNow);
  one.batch.clear();
  again.pop_batch(one.batch, kAll, kNow);
  REQUIRE(one.follow.last());
  CHECK(one.follow.last()->message == 1);
}

TEST_CASE("what is received while a message is processed is not its reply", "[follow]") {
  Followed one;
  one.receive({"a"});
  one.read();
  one.receive({"b"});
  one.read();
  one.write("b");
  one.take();
  one.take();
  CHECK_FALSE(one.follow.last());
}

TEST_CASE("what many are told is a reply, too", "[follow]") {
  Followed one;
  one.receive({"a"});
  one.read();
  std::vector<Frame> frames;
  frames.emplace_back(Opcode::text, "news");
  frames.emplace_back(Opcode::text, "more");
  CHECK(one.out.push_all_until(frames, kNow) == PushResult::kPushed);
  one.take();
  one.take();
  REQUIRE(one.follow.last());
  CHECK(one.follow.last()->message == 1);
}

}  // namespace
}  // namespace triloop
