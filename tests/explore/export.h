// The scheduler page as a folder for any web space, or to be opened from disk.
#pragma once

#include <string>

namespace explore {

/// Writes the page's files and `levels`, the text of levels.js, into `directory`, which is made if
/// there is none. Throws std::runtime_error if one cannot be written.
void export_page(const std::string& directory, const std::string& levels);

}  // namespace explore
