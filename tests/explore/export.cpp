#include "export.h"

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string_view>

#include "exported_files.h"

namespace explore {
namespace {

void write(const std::filesystem::path& file, std::string_view text) {
  std::ofstream out(file, std::ios::binary);
  out << text << std::flush;
  if (!out) throw std::runtime_error("cannot write " + file.string());
}

// The other pages stay with the server.
std::string without_tabs(std::string page) {
  const std::string end = "</nav>";
  const std::size_t from = page.find("<nav class=\"tabs\"");
  const std::size_t to = page.find(end, from);
  if (from != std::string::npos && to != std::string::npos) {
    page.erase(from, to + end.size() - from);
  }
  return page;
}

}  // namespace

void export_page(const std::string& directory, const std::string& levels) {
  const std::filesystem::path folder = directory;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  for (const auto& [name, text] : triloop::embedded::kExportedFiles) {
    if (name != "play.html") {
      write(folder / name, text);
      continue;
    }
    const std::string page = without_tabs(std::string(text));
    write(folder / name, page);
    write(folder / "index.html", page);  // so that the folder's address is enough
  }
  write(folder / "levels.js", levels);
}

}  // namespace explore
