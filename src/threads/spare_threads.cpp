#include "threads/spare_threads.h"

#include <chrono>
#include <utility>

#include "threads/many_threads.h"
#include "triloop/trace.h"

namespace triloop {
namespace {

// What debuggers show while it waits for something to run.
constexpr const char* kIdleName = "spare";

// One that has had nothing to run for so long keeps of its stack what most bodies need: with less
// the next would begin with page faults. Not at once, for to ask the kernel costs, too.
constexpr std::chrono::seconds kIdle{1};
constexpr std::size_t kKeptStackBytes = 16 * 1024;

}  // namespace

// A thread that runs one body after the other, and waits in between. When there are spare ones
// enough it ends by itself, with its body: threads that end at the same time do so side by side,
// and whoever joins many of them one after the other has little to wait for.
class SpareThreads::Worker {
 public:
  Worker(SpareThreads& owner, std::string name, std::function<void()> body, std::size_t stack_bytes)
      : owner_(owner),
        name_(std::move(name)),
        body_(std::move(body)),
        thread_(
            kIdleName, [this] { run(); }, stack_bytes) {}

  ~Worker() {
    const MutexLock lock(mutex_);
    dismissed_ = true;
    changed_.notify_one();
  }  // and thread_ joins

  // The next one. After the last one has ended.
  void begin(std::string name, std::function<void()> body) noexcept TRILOOP_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    name_ = std::move(name);
    body_ = std::move(body);
    busy_ = true;
    changed_.notify_one();
  }

  // Blocks until the body has ended. Does the thread stay for another one?
  bool await_end() TRILOOP_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    while (busy_) changed_.wait(mutex_);
    return stays_;
  }

 private:
  void run() TRILOOP_EXCLUDES(mutex_) {
    while (std::function<void()> body = await_body()) {
      body();
      body = nullptr;  // with all that it holds, before anybody is told that it has ended
      name_this_thread(kIdleName);
      const bool stays = owner_.take_place();
      const MutexLock lock(mutex_);
      stays_ = stays;
      busy_ = false;
      changed_.notify_one();
      if (!stays) return;
    }
  }

  // Empty if there will never be another one.
  std::function<void()> await_body() TRILOOP_EXCLUDES(mutex_) {
    if (!await_work(Clock::now() + kIdle)) {
      give_back_stack_below(kKeptStackBytes);
      await_work(kNever);
    }
    const MutexLock lock(mutex_);
    if (!busy_) return nullptr;
    name_this_thread(name_);
    return std::exchange(body_, nullptr);
  }

  // False if there was nothing to do until `deadline`.
  bool await_work(TimePoint deadline) TRILOOP_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    while (!busy_ && !dismissed_) {
      if (!changed_.wait_until(mutex_, deadline)) break;
    }
    return busy_ || dismissed_;
  }

  SpareThreads& owner_;
  Mutex mutex_;
  CondVar changed_;  // one waits at a time: the thread for a body, or another one for its end
  std::string name_ TRILOOP_GUARDED_BY(mutex_);
  std::function<void()> body_ TRILOOP_GUARDED_BY(mutex_);  // until the thread has taken it
  bool busy_ TRILOOP_GUARDED_BY(mutex_) = true;
  bool stays_ TRILOOP_GUARDED_BY(mutex_) = false;
  bool dismissed_ TRILOOP_GUARDED_BY(mutex_) = false;
  Thread thread_;  // last: the rest is there when it begins, and until it has ended
};

SpareThreads::SpareThreads(std::size_t most, std::size_t stack_bytes)
    : most_(most), stack_bytes_(stack_bytes) {
  const MutexLock lock(mutex_);
  spare_.reserve(most);  // so that keep() needs no memory
}

SpareThreads::~SpareThreads() = default;

SpareThreads::Task SpareThreads::start(std::string name, std::function<void()> body) {
  if (most_ == 0) return Task(Thread(std::move(name), std::move(body), stack_bytes_));
  std::unique_ptr<Worker> worker;
  {
    const MutexLock lock(mutex_);
    if (!spare_.empty()) {
      worker = std::move(spare_.back());  // the one whose memory may still be in a cache
      spare_.pop_back();
      --places_taken_;
    }
  }
  if (worker != nullptr) {
    worker->begin(std::move(name), std::move(body));
  } else {
    worker = std::make_unique<Worker>(*this, std::move(name), std::move(body), stack_bytes_);
  }
  return {*this, std::move(worker)};
}

bool SpareThreads::take_place() {
  const MutexLock lock(mutex_);
  if (places_taken_ == most_) return false;
  ++places_taken_;
  return true;
}

void SpareThreads::keep(std::unique_ptr<Worker> worker) noexcept {
  const MutexLock lock(mutex_);
  spare_.push_back(std::move(worker));
}

SpareThreads::Task::Task(SpareThreads& owner, std::unique_ptr<Worker> worker)
    : worker_(std::move(worker)), owner_(&owner) {}
SpareThreads::Task::Task(Thread thread) : thread_(std::move(thread)) {}

SpareThreads::Task::Task() = default;
SpareThreads::Task::Task(Task&& other) noexcept = default;

SpareThreads::Task::~Task() { join(); }

SpareThreads::Task& SpareThreads::Task::operator=(Task&& other) noexcept {
  join();
  worker_ = std::move(other.worker_);
  thread_ = std::move(other.thread_);
  owner_ = other.owner_;
  return *this;
}

void SpareThreads::Task::join() {
  if (worker_ == nullptr && !thread_.joinable()) return;
  const trace::Slice waiting("waiting for a thread to end");
  thread_.join();
  if (worker_ == nullptr) return;
  if (worker_->await_end()) {
    owner_->keep(std::move(worker_));
  } else {
    worker_.reset();  // joins it: it is at its last instruction
  }
}

}  // namespace triloop
