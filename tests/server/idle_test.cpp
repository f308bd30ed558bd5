// What the stack of a thread that waits still holds.
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "support/catch.h"
#include "support/running_server.h"
#include "support/test_client.h"
#include "support/threads.h"
#include "threads/many_threads.h"
#include "threads/spare_threads.h"

namespace triloop {
namespace {

using testing::TestClient;

constexpr std::size_t kDeepBytes = 128 * 1024;
constexpr std::size_t kStackBytes = 1024 * 1024;

// Touches that much of the stack below its caller.
[[gnu::noinline]] void go_deep() {
  std::array<volatile char, kDeepBytes> deep;
  for (std::size_t i = 0; i < deep.size(); i += 1024) deep.at(i) = 1;
}

// The stack of the thread that makes it, below where it is made. (Above are the thread's variables,
// too; ThreadSanitizer has 800 KiB of them.)
class OwnStack {
 public:
  [[gnu::noinline]] OwnStack() {
    pthread_attr_t attributes;
    REQUIRE(::pthread_getattr_np(::pthread_self(), &attributes) == 0);
    std::size_t size = 0;
    ::pthread_attr_getstack(&attributes, &low_, &size);
    ::pthread_attr_destroy(&attributes);
    size_ = static_cast<std::size_t>(static_cast<char*>(__builtin_frame_address(0)) -
                                     static_cast<char*>(low_));
  }

  // What is resident of it. Any thread may ask.
  std::size_t resident_bytes() const {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    std::vector<unsigned char> pages(size_ / page);
    if (::mincore(low_, pages.size() * page, pages.data()) != 0) return SIZE_MAX;
    std::size_t resident = 0;
    for (const unsigned char each : pages) resident += (each & 1) != 0 ? page : 0;
    return resident;
  }

 private:
  void* low_ = nullptr;
  std::size_t size_ = 0;
};

TEST_CASE("a stack that is given back holds nothing below", "[idle]") {
  std::size_t deep = 0, kept = 0, given_back = 0;
  Thread thread(
      "deep",
      [&] {
        const OwnStack stack;
        go_deep();
        deep = stack.resident_bytes();
        give_back_stack_below(64 * 1024);
        kept = stack.resident_bytes();
        give_back_stack_below();
        given_back = stack.resident_bytes();
      },
      kStackBytes);
  thread.join();
  CHECK(deep >= kDeepBytes);
  CHECK(kept >= std::size_t{64} * 1024);
  CHECK(kept < deep);
  CHECK(given_back < kDeepBytes / 4);
}

TEST_CASE("no page of a reader's stack is kept that only the handshake needed", "[idle]") {
  Options options = testing::quiet_options();
  options.stack_bytes = kStackBytes;
  Server server(options);
  server.handle("/ws", testing::plain_echo);
  std::optional<OwnStack> stack;
  std::size_t during = 0;
  server.admit("/ws", [&](const Request&) {
    stack.emplace();
    go_deep();
    during = stack->resident_bytes();
    return let_in();
  });
  const testing::Running running(server);
  TestClient client(server.port());
  client.open();
  testing::await_blocked("read-1");
  CHECK(during >= kDeepBytes);
  CHECK(stack->resident_bytes() < kDeepBytes / 4);
}

TEST_CASE("a spare thread keeps little of its stack", "[idle]") {
  SpareThreads threads(1, kStackBytes);
  std::optional<OwnStack> stack;
  threads
      .start("deep",
             [&] {
               stack.emplace();
               go_deep();
             })
      .join();
  testing::await("its stack is given back",
                 [&] { return stack->resident_bytes() < kDeepBytes / 2; });
}

}  // namespace
}  // namespace triloop
