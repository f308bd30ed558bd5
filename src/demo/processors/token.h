/// How one shows that one is the same as before.
#pragma once

#include <string>

namespace triloop {

/// 128 bits from the system's random source, as 32 hexadecimal digits: who has not been told it
/// will not guess it. Throws std::system_error if there are none.
std::string new_token();

/// Has `text` the form of one?
bool is_token(const std::string& text);

/// Are these two tokens the same? The time it takes does not tell how much of them is.
bool is_same_token(const std::string& a, const std::string& b);

/// What tells apart those who bring tokens, and opens no door: 64 bits of a token and a name,
/// mixed.
std::string sender_of(const std::string& token_and_name);

}  // namespace triloop
