// Exercises 4 and 5: promises that are kept, or broken, on a real server.
#pragma once

#include <exception>
#include <functional>
#include <string>
#include <vector>

namespace exercises {

/// Why a promise is broken.
struct Broken {
  std::string why;
};

struct Promise {
  std::string what;
  std::function<void()> keep;  ///< throws Broken
};

/// Prints the title. First of all.
void begin(const std::string& title);

/// Prints which promises hold; of the first that does not why, and ends the program with status 1.
void keep_all(const std::vector<Promise>& promises);

/// A T that is left as it is when its promise is broken: there are threads then that do not end.
template <typename T>
class Kept {
 public:
  Kept() = default;
  ~Kept() {
    if (std::uncaught_exceptions() == 0) delete object_;
  }
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;
  T* operator->() { return object_; }

 private:
  T* const object_ = new T;
};

}  // namespace exercises
