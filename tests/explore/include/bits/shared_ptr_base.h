// Stands before libstdc++'s own where something is explored: the counts of shared pointers are
// shared, and weak_ptr::lock() decides by them, so the scheduler has to see them. It does for every
// shared_ptr, whoever has written it down.
#pragma once

#include <ext/atomicity.h>

#include "count_seam.h"

#pragma push_macro("_GLIBCXX_TSAN")
#undef _GLIBCXX_TSAN
#define _GLIBCXX_TSAN 1  // each count by itself, no shortcut for both at once
#define __atomic_load_n(count, order) \
  (::explore::count_is_read(count), __atomic_load_n(count, order))
#define __atomic_compare_exchange_n(count, ...) \
  (::explore::count_falls(count), __atomic_compare_exchange_n(count, __VA_ARGS__))
#define __exchange_and_add_dispatch(count, by) \
  __exchange_and_add_dispatch(::explore::falls(count), by)
#define __atomic_add_dispatch(count, by) __atomic_add_dispatch(::explore::grows(count), by)

#include_next <bits/shared_ptr_base.h>

#undef __atomic_add_dispatch
#undef __exchange_and_add_dispatch
#undef __atomic_compare_exchange_n
#undef __atomic_load_n
#pragma pop_macro("_GLIBCXX_TSAN")
