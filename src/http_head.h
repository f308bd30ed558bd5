/// What an HTTP request head must be, beyond what the parser asks of it.
#pragma once

#include <string_view>

namespace triloop {

/// Throws HttpError if `head` (request line and headers, with the empty line) is not strictly what
/// RFC 7230 says, or larger than it needs to be: 400 for a malformed line, a control character, a
/// folded header, a header that may stand once and stands twice, a length that is no number or
/// contradicts another; 431 for too many headers, 505 for another protocol.
///
/// Strictness is a matter of safety: two programs that read one head differently can be played off
/// against each other (RFC 7230 section 9.5).
void check_head(std::string_view head);

}  // namespace triloop
