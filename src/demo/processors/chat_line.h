/// How members of the chat say something.
#pragma once

#include <string>

#include "journal.h"

namespace triloop {

/// What was said is none, and why.
class NoLine : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The subprotocol in which lines have ids, and are acknowledged.
constexpr const char* kWithIds = "chat.2";

/// A message in kWithIds: {"type": "say", "id": "7", "text": "hello"}; and, if it has been said
/// before, "again": 305, with the `seq` up to which one had heard all then, or true. Throws NoLine.
Saying saying_of(const std::string& text);

}  // namespace triloop
