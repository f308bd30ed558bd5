#pragma once

#include <array>
#include <cstdint>

namespace load {

/// Counts durations in buckets that are at most 1/128 as wide as what they hold, so that every
/// percentile is right to within 1 % at any scale.
class Histogram {
 public:
  void record(std::uint64_t nanoseconds);
  /// The duration that `share` (0..1) of the recorded ones do not exceed; 0 if there are none.
  double percentile_us(double share) const;
  double max_us() const { return static_cast<double>(max_) / 1000; }
  std::uint64_t count() const { return count_; }

 private:
  static constexpr unsigned kSubBits = 7;
  static constexpr std::uint64_t kSubBuckets = std::uint64_t{1} << kSubBits;

  static std::size_t bucket_of(std::uint64_t value);
  static std::uint64_t middle_of(std::size_t bucket);

  std::array<std::uint64_t, (64 - kSubBits + 1) * kSubBuckets> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace load
