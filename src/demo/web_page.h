/// The demo page, as it was when the program was built.
#pragma once

#include <string>

#include "triloop/server.h"

namespace triloop {

/// Serves the page at `/`. With a directory, it is read from there at every request instead, so
/// that a reload shows a change.
void serve_web_page(Server& server, const std::string& directory);

/// The same for the chat's page, at `/chat`.
void serve_chat_page(Server& server, const std::string& directory);

}  // namespace triloop
