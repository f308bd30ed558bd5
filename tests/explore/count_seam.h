// What libstdc++'s shared pointers call before they touch a count (include/bits/shared_ptr_base.h).
// No more includes than that header can stand.
#pragma once

namespace explore {

/// Before it is read, or may fall: a choice point.
void count_is_read(const int* count);
void count_falls(const int* count);
/// Before it grows. No choice point: whoever makes it grow has a share, so nobody can tell when.
void count_grows(const int* count);

inline int* falls(int* count) {
  count_falls(count);
  return count;
}
inline int* grows(int* count) {
  count_grows(count);
  return count;
}

}  // namespace explore
