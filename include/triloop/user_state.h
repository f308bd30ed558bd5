/// What a processor keeps for its connection, and what it was given with it.
#pragma once

#include <memory>
#include <stdexcept>
#include <typeinfo>
#include <utility>

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

/// One value of any type, made once and then only looked at; or nothing. Copies share it; the last
/// one that goes destroys it. Any number of threads may get() at once.
///
/// The type is known by its std::type_info, and not by an address of the program's: that is another
/// one in each shared library that hides its symbols, and so the value of a library could not be
/// found by the program that loads it.
class GivenValue {
 public:
  GivenValue() = default;
  template <typename T>
  explicit GivenValue(std::shared_ptr<const T> value)
      : value_(std::move(value)), type_(&typeid(T)) {}

  /// std::logic_error if there is none, or one of another type.
  template <typename T>
  const T& get() const {
    if (value_ == nullptr) throw std::logic_error("admitted() without a value");
    if (*type_ != typeid(T)) throw std::logic_error("admitted() of another type");
    return *static_cast<const T*>(value_.get());
  }

  void reset() { value_.reset(); }

 private:
  std::shared_ptr<const void> value_;
  const std::type_info* type_ = nullptr;
};

}  // namespace triloop
