#include "demo/web_page.h"

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

#include "embedded_web.h"  // made by cmake/embed.cmake from web/

namespace triloop {
namespace {

struct Asset {
  const char* path;
  const char* file;
  const char* content_type;
  std::string_view content;
};

const Asset kAssets[] = {
    {"/", "index.html", "text/html; charset=utf-8", embedded::index_html},
    {"/page.css", "page.css", "text/css; charset=utf-8", embedded::page_css},
    {"/picture.css", "picture.css", "text/css; charset=utf-8", embedded::picture_css},
    {"/view.css", "view.css", "text/css; charset=utf-8", embedded::view_css},
    {"/lab.css", "lab.css", "text/css; charset=utf-8", embedded::lab_css},
    {"/page.js", "page.js", "text/javascript; charset=utf-8", embedded::page_js},
    {"/picture.js", "picture.js", "text/javascript; charset=utf-8", embedded::picture_js},
    {"/inspect.js", "inspect.js", "text/javascript; charset=utf-8", embedded::inspect_js},
    {"/rows.js", "rows.js", "text/javascript; charset=utf-8", embedded::rows_js},
    {"/view.js", "view.js", "text/javascript; charset=utf-8", embedded::view_js},
    {"/lab.js", "lab.js", "text/javascript; charset=utf-8", embedded::lab_js},
    {"/walk.js", "walk.js", "text/javascript; charset=utf-8", embedded::walk_js},
};

const Asset kChatAssets[] = {
    // page.css is theirs, too
    {"/chat", "chat.html", "text/html; charset=utf-8", embedded::chat_html},
    {"/chat.css", "chat.css", "text/css; charset=utf-8", embedded::chat_css},
    {"/chat.js", "chat.js", "text/javascript; charset=utf-8", embedded::chat_js},
};

// Nothing from elsewhere, no inline script; the page may only talk to WebSocket servers. The page
// itself says the same for when it is opened from disk.
constexpr const char* kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
    "connect-src ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

void serve(Server& server, const Asset& asset, const std::string& directory) {
  server.page(asset.path, [&asset, directory](const Request&) {
    Response response;
    response.content_type = asset.content_type;
    response.body =
        directory.empty() ? std::string(asset.content) : read_file(directory + "/" + asset.file);
    response.headers = {{"Content-Security-Policy", kContentSecurityPolicy},
                        {"Cache-Control", "no-cache"}};
    return response;
  });
}

}  // namespace

void serve_web_page(Server& server, const std::string& directory) {
  for (const Asset& asset : kAssets) serve(server, asset, directory);
}

void serve_chat_page(Server& server, const std::string& directory) {
  for (const Asset& asset : kChatAssets) serve(server, asset, directory);
}

}  // namespace triloop
