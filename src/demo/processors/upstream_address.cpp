#include "upstream_address.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <system_error>

namespace triloop {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A number, or a service of services(5). Checked here, for getaddrinfo takes 65616 as 80.
bool is_port(const std::string& text) {
  if (std::all_of(text.begin(), text.end(), is_digit)) {
    std::uint16_t number = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    return result.ec == std::errc() && number > 0;
  }
  return is_letter(text.front()) && std::all_of(text.begin(), text.end(), [](char c) {
           return is_letter(c) || is_digit(c) || c == '-';
         });
}

// Without brackets a colon would say the port once more.
bool is_host(const std::string& text, bool in_brackets) {
  return !text.empty() &&
         text.find_first_of(in_brackets ? "[] \t\r\n" : "[]: \t\r\n") == std::string::npos;
}

}  // namespace

UpstreamAddress parse_upstream(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon != std::string::npos) {
    std::string host = text.substr(0, colon), port = text.substr(colon + 1);
    const bool in_brackets = host.size() > 1 && host.front() == '[' && host.back() == ']';
    if (in_brackets) host = host.substr(1, host.size() - 2);
    if (is_host(host, in_brackets) && is_port(port)) return {host, port};
  }
  throw std::invalid_argument(
      "an upstream server looks like localhost:6379, or ws://localhost:7778/ws");
}

}  // namespace triloop
