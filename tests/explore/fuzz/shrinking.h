// What is left of a program when all is dropped that a difference does not need.
#pragma once

#include "program.h"

namespace explore::fuzz {

/// A smaller program, which also makes the explorer and the interpreter differ.
Program shrunk(Program program);

}  // namespace explore::fuzz
