// Where a block stands that is one or more functions.
#include <triloop/handle.h>
#include <triloop/server.h>
#include <triloop/trace.h>
#include <triloop/version.h>

#include <chrono>
#include <string>
#include <utility>

// BLOCK
