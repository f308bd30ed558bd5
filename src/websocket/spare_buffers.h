/// Memory of messages that have been sent, for those that are received next.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "triloop/sync.h"
#include "websocket/frame.h"

namespace triloop {

/// A large message's memory travels around in its connection, with the message:
///
///     reader -> in-queue -> processor -> out-queue -> writer -> here -> reader
///
/// so that it is taken from the system once and not once for each message: a page that the kernel
/// gives costs a page fault when it is first touched. Whoever keeps a message keeps its memory, and
/// whoever writes one of his own leaves his here; there is no duty to give anything back.
///
/// Thread safety: take() is the reader's, by way of its WsProtocol; give_back(), due() and
/// let_go_if_idle() are the writer's; any thread may ask for bytes().
class SpareBuffers {
 public:
  /// Smaller messages are malloc()'s, which is as good at them.
  static constexpr std::size_t kLeastBytes = 4 * 1024;
  /// At most so many buffers are kept: take() looks through all of them.
  static constexpr std::size_t kMostBuffers = 32;
  /// What nobody has asked for as long as this is let go.
  static constexpr std::chrono::milliseconds kIdle{2000};

  /// Keeps at most so many bytes; 0 keeps nothing.
  explicit SpareBuffers(std::size_t most_bytes, std::chrono::milliseconds idle = kIdle)
      : most_bytes_(most_bytes), idle_(idle) {}

  /// One for a message of `bytes`, with anything in it, and of any size(); empty if there is none.
  /// At most twice as large, so that a message that is kept for long keeps little besides.
  std::string take(std::size_t bytes) TRILOOP_EXCLUDES(mutex_);

  /// Takes the payloads that are worth it, and leaves `sent` empty. The oldest make way.
  void give_back(std::vector<Frame>& sent) TRILOOP_EXCLUDES(mutex_);

  /// When let_go_if_idle() is due; kNever if nothing has been kept since it last let go.
  TimePoint due() const { return due_; }
  /// Frees them all if none has been taken for so long.
  void let_go_if_idle() TRILOOP_EXCLUDES(mutex_);

  /// What is kept.
  std::size_t bytes() const TRILOOP_EXCLUDES(mutex_);

 private:
  const std::size_t most_bytes_;
  const std::chrono::milliseconds idle_;
  TimePoint due_ = kNever;  // the writer's

  mutable Mutex mutex_;
  std::vector<std::string> buffers_ TRILOOP_GUARDED_BY(mutex_);  // the latest last
  std::size_t bytes_ TRILOOP_GUARDED_BY(mutex_) = 0;
  bool used_ TRILOOP_GUARDED_BY(mutex_) = false;  // since let_go_if_idle() last looked
};

}  // namespace triloop
