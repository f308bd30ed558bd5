// The schedule that breaks an exercise as a page on which one can play it, with the code of whoever
// wrote it.
#pragma once

#include <string>

#include "explored.h"

namespace exercises {

/// Writes the scheduler page into `code.page`, with one level: all states of what is broken. If
/// those are too many it has those with no more than so many preemptions, and says so. Returns the
/// address that opens it where it breaks; empty if all that is too large. Throws std::runtime_error
/// if it cannot be written.
std::string write_page(const Promise& promise, const Code& code);

}  // namespace exercises
