#include "observe/frame_queue.h"

#include <vector>

#include "support/catch.h"

namespace triloop {
namespace {

constexpr QueueBounds kAll{10, 1000};

std::vector<Frame> three() {
  std::vector<Frame> frames;
  frames.emplace_back(Opcode::text, "a");
  frames.emplace_back(Opcode::binary, "bb");
  frames.emplace_back(Opcode::text, "ccc");
  return frames;
}

TEST_CASE("a queue of frames counts what it is given, refused or not", "[frame_queue]") {
  FrameQueue queue(FrameQueue::kIn, 1, kAll);
  std::vector<Frame> frames = three();
  CHECK(queue.push_all(frames));
  CHECK(queue.pushed().messages.get() == 3);
  CHECK(queue.pushed().bytes.get() == 6);
  queue.close();
  frames = three();
  CHECK_FALSE(queue.push_all(frames));
  CHECK(queue.pushed().messages.get() == 6);
}

TEST_CASE("a batch is done with when its thread comes back for more", "[frame_queue]") {
  FrameQueue queue(FrameQueue::kOut, 1, kAll);
  std::vector<Frame> frames = three();
  queue.push_all(frames);
  queue.push_urgent({Opcode::pong, "not a message"});
  std::vector<Frame> batch;
  REQUIRE(queue.pop_batch(batch, kAll, kNow) == PopResult::kItems);
  REQUIRE(batch.size() == 4);
  CHECK(queue.done().messages.get() == 0);
  batch.clear();
  CHECK(queue.pop_batch(batch, kAll, kNow) == PopResult::kNothing);
  CHECK(queue.done().messages.get() == 3);
  CHECK(queue.done().bytes.get() == 6);
  CHECK(queue.pop_batch(batch, kAll, kNow) == PopResult::kNothing);
  CHECK(queue.done().messages.get() == 3);
}

}  // namespace
}  // namespace triloop
