/// What rooms and members may be called.
#pragma once

#include <optional>
#include <string>

namespace triloop {

/// Where in a URL a name stands. In a query '+' is a space, as forms write it; in a path it is '+'.
enum class NameIn { path, query };

/// The name that stands there, percent-encoded as browsers do it; nullopt if it is none: empty, too
/// long, not UTF-8, more than one part of a path, or made to look like another one (invisible or
/// direction marks, a space at an end).
std::optional<std::string> chat_name(const std::string& encoded, NameIn where);

}  // namespace triloop
