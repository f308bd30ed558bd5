#include "histogram.h"

#include <algorithm>
#include <cmath>

namespace load {

// Values below kSubBuckets have a bucket each. Above, the highest bit picks a row and the
// kSubBits bits below it the bucket in that row.
std::size_t Histogram::bucket_of(std::uint64_t value) {
  if (value < kSubBuckets) return value;
  const unsigned highest = 63 - static_cast<unsigned>(__builtin_clzll(value));
  const unsigned shift = highest - kSubBits;
  return (shift + 1) * kSubBuckets + ((value >> shift) - kSubBuckets);
}

std::uint64_t Histogram::middle_of(std::size_t bucket) {
  if (bucket < kSubBuckets) return bucket;
  const std::size_t shift = bucket / kSubBuckets - 1;
  const std::uint64_t start = (kSubBuckets + bucket % kSubBuckets) << shift;
  return start + (std::uint64_t{1} << shift) / 2;
}

void Histogram::record(std::uint64_t nanoseconds) {
  ++buckets_[bucket_of(nanoseconds)];
  ++count_;
  max_ = std::max(max_, nanoseconds);
}

double Histogram::percentile_us(double share) const {
  const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen >= rank && seen > 0) {
      return static_cast<double>(std::min(middle_of(bucket), max_)) / 1000;
    }
  }
  return 0;
}

}  // namespace load
