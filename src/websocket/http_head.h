/// What an HTTP request head must be, beyond what the parser asks of it.
#pragma once

#include <string>
#include <string_view>

namespace triloop {

/// What a request is for: RFC 7230 section 5.3.
struct Target {
  std::string_view authority;  ///< of the absolute form, "http://authority/path"; else empty
  std::string path;            ///< with the query: "/ws?room=1"
};

/// Throws HttpError (400) unless it is a path, or an absolute form of http or https.
Target parse_target(std::string_view target);

/// Throws HttpError if `head` (request line and headers, with the empty line) is not strictly what
/// RFC 7230 says, or larger than it needs to be: 400 for a malformed line, a control character, a
/// folded header, a header that may stand once and stands twice, a length that is no number or
/// contradicts another, no Host or one that is none; 431 for too many headers, 505 for another
/// protocol. True if there is a Host: HTTP/1.0 goes without.
///
/// Strictness is a matter of safety: two programs that read one head differently can be played off
/// against each other (RFC 7230 section 9.5).
bool check_head(std::string_view head);

}  // namespace triloop
