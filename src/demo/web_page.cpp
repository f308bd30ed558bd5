#include "demo/web_page.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "embedded_files.h"  // made by cmake/embed.cmake

namespace triloop {
namespace {

constexpr std::string_view kPageEnding = ".html";

// Nothing from elsewhere, no inline script; the page may only talk to this server and to WebSocket
// servers. The page itself says the same for when it is opened from disk.
constexpr const char* kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
    "connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

constexpr std::pair<std::string_view, const char*> kContentTypes[] = {
    {kPageEnding, "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".json", "application/json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
};

bool ends_with(std::string_view text, std::string_view ending) {
  return text.size() >= ending.size() && text.substr(text.size() - ending.size()) == ending;
}

// What is none of the page's is shown, and never run.
const char* content_type_of(std::string_view path) {
  const auto* const found =
      std::find_if(std::begin(kContentTypes), std::end(kContentTypes),
                   [&](const auto& type) { return ends_with(path, type.first); });
  return found == std::end(kContentTypes) ? "text/plain; charset=utf-8" : found->second;
}

Response response_of(std::string_view path, std::string body) {
  Response response;
  response.content_type = content_type_of(path);
  response.body = std::move(body);
  response.headers = {{"Content-Security-Policy", kContentSecurityPolicy},
                      {"Cache-Control", "no-cache"}};
  return response;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A name that leads nowhere else, and to nothing that is hidden.
bool is_plain(std::string_view name) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
  return !name.empty() && name.front() != '.' &&
         name.find_first_not_of(kPlain) == std::string_view::npos;
}

// "" is index.html, and "chat" is chat.html.
std::string file_of(const std::string& name) {
  if (name.empty()) return "index.html";
  const bool has_ending = name.find('.') != std::string::npos;
  return has_ending ? name : name + std::string(kPageEnding);
}

Response from(const std::string& directory, const std::string& name) {
  const std::string path = directory + "/" + name;
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (is_plain(name) && exists(status) && !is_directory(status)) {
    return response_of(name, read_file(path));
  }
  Response response;
  response.status = 404;
  response.body = "404: there is no such file\n";
  return response;
}

constexpr std::string_view kWeb = "web/";

bool is_of_web(std::string_view file) { return file.substr(0, kWeb.size()) == kWeb; }

// A file of web/ under its name, "/chat.html" also as "/chat", and "/index.html" as "/"; all others
// under where they stand.
void serve(Server& server, std::string_view file, std::string_view content) {
  const Page page = [file, content](const Request&) {
    return response_of(file, std::string(content));
  };
  const std::string path = "/" + std::string(is_of_web(file) ? file.substr(kWeb.size()) : file);
  server.page(path, page);
  if (!is_of_web(file) || !ends_with(file, kPageEnding)) return;
  server.page(path == "/index.html" ? "/" : path.substr(0, path.size() - kPageEnding.size()), page);
}

}  // namespace

void serve_web_page(Server& server, const std::string& directory) {
  for (const auto& [file, content] : embedded::kFiles) {
    if (directory.empty() || !is_of_web(file)) serve(server, file, content);
  }
  if (directory.empty()) return;
  server.page(
      "/*", [directory](const Request& request) { return from(directory, file_of(request.rest)); });
}

}  // namespace triloop
