// Where a call comes from, for who looks on.
#pragma once

#include "event.h"

namespace explore {

/// Until it is destroyed, what this thread does is shown at `where`, and not where the called code
/// does it.
class From {
 public:
  explicit From(Where where);
  ~From();
  From(const From&) = delete;
  From& operator=(const From&) = delete;

 private:
  const Where outside_;
};

}  // namespace explore
