#include "observe/trace_ring.h"

#include <algorithm>

namespace triloop::trace {
namespace {

constexpr auto kRelease = std::memory_order_release;
constexpr auto kAcquire = std::memory_order_acquire;
constexpr auto kOwn = std::memory_order_relaxed;  // what the owner itself has written

// So many arrows leave from a ring before their numbers come again: far more than it holds.
constexpr unsigned kArrowBits = 20;
constexpr std::uint32_t kArrowMask = (std::uint32_t{1} << kArrowBits) - 1;

constexpr int kTriesToCopy = 1000;

}  // namespace

// What a copy must see wholly or not at all.
class Ring::Change {
 public:
  explicit Change(Ring& ring) noexcept : version_(ring.version_) { step(); }
  ~Change() { step(); }
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;

 private:
  void step() noexcept { version_.store(version_.load(kOwn) + 1, kRelease); }
  Atomic<std::uint64_t>& version_;
};

void Ring::use(std::uint32_t index, Atomic<std::uint64_t>* words, std::size_t events) {
  index_ = index;
  words_ = words;
  places_ = events + kInHand;
}

void Ring::begin_track(std::uint64_t number, std::uint64_t order, const Name& name) noexcept {
  const Change change(*this);
  std::array<std::uint64_t, 2> halves{};
  std::memcpy(halves.data(), name.data(), name.size());
  name_low_.store(halves[0], kRelease);
  name_high_.store(halves[1], kRelease);
  track_.store(number, kRelease);
  order_.store(order, kRelease);
  first_.store(count_.load(kOwn), kRelease);
  depth_.store(0, kRelease);
}

void Ring::end_track(std::int64_t at) noexcept {
  while (depth_.load(kOwn) > 0) close(at);
}

void Ring::open(const char* name, std::int64_t at) noexcept {
  const Change change(*this);
  const std::size_t depth = depth_.load(kOwn);
  if (depth < kMostOpen) {
    open_[depth].name.store(name, kRelease);
    open_[depth].at.store(at, kRelease);
  }
  depth_.store(depth + 1, kRelease);
}

// The event and the end of the open slice are one change: a copy has the one or the other.
void Ring::close(std::int64_t at) noexcept {
  const std::size_t depth = depth_.load(kOwn);
  if (depth == 0) return;
  const Change change(*this);
  if (depth <= kMostOpen) {
    const AtomicSlice& slice = open_[depth - 1];
    Event event;
    event.name = slice.name.load(kOwn);
    event.at = slice.at.load(kOwn);
    event.a = static_cast<std::uint64_t>(at - event.at);
    append(event);
  }
  depth_.store(depth - 1, kRelease);
}

const char* Ring::innermost() const noexcept {
  const std::size_t depth = depth_.load(kOwn);
  return depth == 0 || depth > kMostOpen ? nullptr : open_[depth - 1].name.load(kOwn);
}

// Not 0, which is no arrow.
std::uint32_t Ring::next_arrow() noexcept {
  arrows_ = arrows_ == kArrowMask ? 1 : arrows_ + 1;
  return index_ << kArrowBits | arrows_;
}

void Ring::append_words(const Words& words) noexcept {
  const std::uint64_t count = count_.load(kOwn);
  Atomic<std::uint64_t>* place = words_ + count % places_ * kWords;
  for (const std::uint64_t word : words) (place++)->store(word, kRelease);
  count_.store(count + 1, kRelease);
}

bool Ring::copy(Copy& into) const noexcept {
  for (int i = 0; i < kTriesToCopy; ++i) {
    const std::uint64_t version = version_.load(kAcquire);
    const std::array<std::uint64_t, 2> halves{name_low_.load(kAcquire), name_high_.load(kAcquire)};
    std::memcpy(into.name.data(), halves.data(), into.name.size());
    into.track = track_.load(kAcquire);
    into.order = order_.load(kAcquire);
    into.first = first_.load(kAcquire);
    into.last = count_.load(kAcquire);
    into.open = std::min(depth_.load(kAcquire), kMostOpen);
    for (std::size_t k = 0; k < into.open; ++k) {
      into.open_slices[k] = {open_[k].name.load(kAcquire), open_[k].at.load(kAcquire)};
    }
    if (version % 2 == 0 && version_.load(kAcquire) == version) {
      const std::uint64_t kept = places_ - kInHand;
      const std::uint64_t oldest = into.last < kept ? 0 : into.last - kept;
      into.forgotten = oldest > into.first ? oldest - into.first : 0;
      into.first += into.forgotten;
      return true;
    }
  }
  return false;
}

bool Ring::read(std::uint64_t index, Words& into) const noexcept {
  const Atomic<std::uint64_t>* place = words_ + index % places_ * kWords;
  for (std::uint64_t& word : into) word = (place++)->load(kAcquire);
  return count_.load(kAcquire) < index + places_;
}

}  // namespace triloop::trace
