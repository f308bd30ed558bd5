/// What rooms and members may be called.
#pragma once

#include <optional>
#include <string>

namespace triloop {

/// Where in a URL a name stands. In a query '+' is a space, as forms write it; in a path it is '+'.
enum class NameIn { path, query };

/// The name that stands there, percent-encoded as browsers do it, in Unicode's normal form C;
/// nullopt if it is none: empty, too long, not UTF-8, more than one part of a path, or made to look
/// like another one (invisible or direction marks, a space at an end). What joins characters or
/// keeps them apart may be where a language or an emoji needs it.
std::optional<std::string> chat_name(const std::string& encoded, NameIn where);

/// By which names are told apart: a name without what cannot be seen in it.
std::string identity_of(const std::string& name);

}  // namespace triloop
