/// The demo's pages, and the sources and chapters that they link, as they were when the program was
/// built.
#pragma once

#include <string>

#include "triloop/server.h"

namespace triloop {

/// Serves each file of web/ under its name; the pages also without `.html`, and index.html at `/`;
/// the documentation and the sources under `/docs/`, `/src/` and `/include/`, as text.
///
/// With a directory, the files of web/ are read from there at every request instead, so that a
/// reload shows a change, and a new file needs no new program.
void serve_web_page(Server& server, const std::string& directory);

}  // namespace triloop
