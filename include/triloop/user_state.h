/// What a processor keeps for its connection.
#pragma once

#include <memory>
#include <stdexcept>
#include <typeinfo>

namespace triloop {

/// One value of any type. For one thread.
class UserState {
 public:
  /// Made by T{} when it is first asked for. Another T later is a std::logic_error.
  template <typename T>
  T& get() {
    if (value_ == nullptr) {
      value_ = std::make_shared<T>();
      type_ = &typeid(T);
    }
    if (*type_ != typeid(T)) throw std::logic_error("state() of another type");
    return *static_cast<T*>(value_.get());
  }

  void reset() { value_.reset(); }

 private:
  std::shared_ptr<void> value_;
  const std::type_info* type_ = nullptr;
};

}  // namespace triloop
