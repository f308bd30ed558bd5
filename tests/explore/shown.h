// The code of a level as it is shown: the whole class, and in what it differs from the right one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "level.h"

namespace explore {

/// A file of the project as it was when this program was built. Throws std::invalid_argument if it
/// has none of this name.
std::string_view source_text(const std::string& file);

/// All lines of it, or those from `first` up to `last`.
Source whole_source(const std::string& file, std::string_view text, int first = 1, int last = 0);

/// Of wrong_queues.h, the right queue with what the part of that name changes.
Source queue_with(const std::string& part);

/// The lines of `level.sources[0]` that the right one does not have, or has otherwise.
void compare(Level& level, const Source& right);

/// Which of the right queue's lines a part of wrong_queues.h replaces: into level.sources and
/// level.right.
void show_wrong_queue(Level& level, const std::string& part);

}  // namespace explore
