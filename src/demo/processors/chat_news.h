/// What members of the chat are sent: JSON, so that no name and no text can pass for something
/// else.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "history.h"

namespace triloop {

std::string news_of_room(const std::string& room, const std::vector<std::string>& members,
                         const std::vector<ChatLine>& history, const std::string& token);
std::string news_of_join(const std::string& name);
std::string news_of_leave(const std::string& name);
std::string news_of_line(const ChatLine& line);
std::string news_of_gap(std::uint64_t missed);

}  // namespace triloop
