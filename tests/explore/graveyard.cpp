// What is freed in a schedule stays where it is until its end, overwritten: whoever uses it
// afterwards finds no new object in its place, which would look alive.
#include "graveyard.h"

#include <malloc.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace explore {
namespace {

constexpr int kDead = 0xDD;
constexpr std::size_t kMostBytes = std::size_t{1} << 16;  // larger ones are gone at once

// A list through the freed memory itself: this must not need any.
struct Grave {
  Grave* next;
};
Grave* g_graves = nullptr;
bool g_open = false;

void bury(void* memory) {
  const std::size_t size = memory == nullptr ? 0 : ::malloc_usable_size(memory);
  if (!g_open || size < sizeof(Grave) || size > kMostBytes) return std::free(memory);
  std::memset(memory, kDead, size);
  g_graves = new (memory) Grave{g_graves};
}

}  // namespace

void open_graveyard() { g_open = true; }

void clear_graveyard() {
  g_open = false;
  while (g_graves != nullptr) std::free(std::exchange(g_graves, g_graves->next));
}

}  // namespace explore

void operator delete(void* memory) noexcept { explore::bury(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { explore::bury(memory); }
void operator delete[](void* memory) noexcept { explore::bury(memory); }
void operator delete[](void* memory, std::size_t /*size*/) noexcept { explore::bury(memory); }
