// Stands before the triloop/bounded_queue.h that ships, and is that queue: it only tells the
// schedule which of its calls are made.
#pragma once

#include <string>

#include "scheduler.h"

#define BoundedQueue QuietBoundedQueue
#include "../../../../include/triloop/bounded_queue.h"
#undef BoundedQueue

namespace triloop {

template <typename T>
class BoundedQueue : public QuietBoundedQueue<T> {
 public:
  using QuietBoundedQueue<T>::QuietBoundedQueue;

  void set_name(const char* name) {
    name_ = name;
    explore::name(*static_cast<QuietBoundedQueue<T>*>(this), name);
  }

  bool push(T item) {
    explore::remark("pushes " + item + " into " + name_);
    const bool open = QuietBoundedQueue<T>::push(std::move(item));
    if (!open) explore::remark("is refused: " + name_ + " is closed");
    return open;
  }
  std::optional<T> pop() {
    auto item = QuietBoundedQueue<T>::pop();
    explore::remark(item ? "pops " + *item + " from " + name_ : "finds the end of " + name_);
    return item;
  }
  void close() {
    explore::remark("closes " + name_);
    QuietBoundedQueue<T>::close();
  }
  void discard() noexcept {
    explore::remark("discards " + name_);
    QuietBoundedQueue<T>::discard();
  }

 private:
  std::string name_;
};

}  // namespace triloop
