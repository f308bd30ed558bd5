// The words of a level's JSON.
#pragma once

#include "event.h"
#include "run.h"

namespace explore {

/// "notify_one"
const char* name_of(Operation operation);

/// "asleep"
const char* name_of(Standing::Stand stand);

}  // namespace explore
