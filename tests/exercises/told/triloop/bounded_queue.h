// Stands before the triloop/bounded_queue.h that ships, and is that queue: it only tells the
// schedule which of its calls are made, and where.
#pragma once

#include <string>

#include "from.h"
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

  bool push(T item, explore::Where where = explore::here()) {
    const explore::From from(where);
    explore::remark("pushes " + item + " into " + name_);
    const bool open = QuietBoundedQueue<T>::push(std::move(item));
    if (!open) explore::remark("is refused: " + name_ + " is closed");
    return open;
  }
  std::optional<T> pop(explore::Where where = explore::here()) {
    const explore::From from(where);
    auto item = QuietBoundedQueue<T>::pop();
    explore::remark(item ? "pops " + *item + " from " + name_ : "finds the end of " + name_);
    return item;
  }
  void close(explore::Where where = explore::here()) {
    const explore::From from(where);
    explore::remark("closes " + name_);
    QuietBoundedQueue<T>::close();
  }
  void discard(explore::Where where = explore::here()) noexcept {
    const explore::From from(where);
    explore::remark("discards " + name_);
    QuietBoundedQueue<T>::discard();
  }

 private:
  std::string name_;
};

}  // namespace triloop
