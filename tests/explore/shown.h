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
bool has_source(const std::string& file);

/// All of it.
Source whole_source(const std::string& file);

/// The class of this name in `text`, which stands in `file`.
Source class_of(const std::string& file, std::string_view text, const std::string& name);

/// What stands between "// [name]" and "// [end]".
Source part_of(const std::string& file, const std::string& name);

/// level.sources[0], which has the right part of a file, gets what another part of it changes.
void show_changes(Level& level, const std::string& right, const std::string& wrong);

/// Notes in what level.sources[0] differs from the right one.
void compare(Level& level, const Source& right);

}  // namespace explore
