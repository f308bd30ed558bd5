/// What members of the chat are sent: JSON, so that no name and no text can pass for something
/// else.
#pragma once

#include <string>
#include <vector>

#include "journal.h"

namespace triloop {

/// The welcome.
std::string news_of_room(const std::string& room, const std::vector<std::string>& members,
                         const Past& past, const std::string& token, const std::string& epoch);
std::string news_of_join(const std::string& name);
std::string news_of_leave(const std::string& name);
std::string news_of_line(const ChatLine& line);
/// Lines are missing here.
std::string news_of_gap();
/// Who is here, for one who was not told of each.
std::string news_of_members(const std::vector<std::string>& members);

/// To the sender of a line, in chat.2: what became of it.
std::string news_of_fate(const Saying& saying, const Kept& kept);
/// Without a subprotocol: it was not kept.
std::string news_of_loss(const Saying& saying);
/// In chat.2: that was no line.
std::string news_of_refusal(const std::string& reason);

}  // namespace triloop
