#include "observe/trace_recorder.h"

#include <unistd.h>

#include <algorithm>

namespace triloop::trace {
namespace {

constexpr std::size_t kCrashStackBytes = std::size_t{32} << 10;

}  // namespace

// Memory that nobody writes to costs none, so all of it can be there from the beginning.
Recorder::Recorder(int file, const Limits& limits, const Recorder* before)
    : file_(file),
      before_(before),
      words_(new Atomic<std::uint64_t>[limits.threads * Ring::words_for(limits.events)]),
      rings_(new Ring[limits.threads]),
      crash_stacks_(new char[limits.threads * kCrashStackBytes]),
      ended_(limits.threads, kNeverUsed),
      copies_(limits.threads),
      output_(file) {
  for (std::size_t i = 0; i < limits.threads; ++i) {
    rings_[i].use(static_cast<std::uint32_t>(i), &words_[i * Ring::words_for(limits.events)],
                  limits.events);
  }
}

Ring* Recorder::claim(std::uint64_t order, const Ring::Name& name) noexcept {
  const MutexLock lock(mutex_);
  const auto oldest = std::min_element(ended_.begin(), ended_.end());
  if (oldest == ended_.end() || *oldest == kInUse) {
    left_out_.add(1);
    return nullptr;
  }
  *oldest = kInUse;
  Ring& ring = rings_[static_cast<std::size_t>(oldest - ended_.begin())];
  ring.begin_track(++tracks_, order, name);
  return &ring;
}

void Recorder::give_back(Ring* ring) noexcept {
  const MutexLock lock(mutex_);
  ended_[index_of(ring)] = ++ends_;
}

stack_t Recorder::crash_stack_of(const Ring* ring) noexcept {
  stack_t stack{};
  stack.ss_sp = &crash_stacks_[index_of(ring) * kCrashStackBytes];
  stack.ss_size = kCrashStackBytes;
  return stack;
}

void Recorder::write() noexcept {
  const bool plain_file = ::ftruncate(file_, 0) == 0 && ::lseek(file_, 0, SEEK_SET) == 0;
  write_json(output_, {rings_.get(), copies_.data(), copies_.size(), began_, left_out_.get()});
  if (!output_.flush() && plain_file && ::ftruncate(file_, 0) == 0) {  // no room on the disk
    ::lseek(file_, 0, SEEK_SET);
    write_empty();
  }
}

void Recorder::write_empty() noexcept {
  [[maybe_unused]] const auto size = ::write(file_, kEmptyTrace.data(), kEmptyTrace.size());
}

void Recorder::close() noexcept { ::close(file_); }

std::size_t Recorder::index_of(const Ring* ring) const {
  return static_cast<std::size_t>(ring - rings_.get());
}

}  // namespace triloop::trace
