#include "websocket/deflate_client.h"

#include <set>
#include <vector>

#include "triloop/connect_error.h"
#include "websocket/deflate_terms.h"
#include "websocket/printable.h"

namespace triloop {
namespace {

using namespace deflate_terms;

constexpr std::string_view kName = "permessage-deflate";

[[noreturn]] void refuse(std::string_view what) {
  throw ConnectError("the server accepted what was not offered: " + printable(std::string(what)));
}

// False if it is none that is known, or says what it may not.
bool take_parameter(std::string_view parameter, int ours, DeflateParameters& agreed) {
  const std::size_t equals = std::min(parameter.find('='), parameter.size());
  const std::string_view name = trim(parameter.substr(0, equals));
  const bool has_value = equals < parameter.size();
  const std::optional<int> bits =
      window_bits(has_value ? trim(parameter.substr(equals + 1)) : std::string_view());
  if (name == "server_no_context_takeover") {
    return agreed.client_no_context_takeover = !has_value;
  }
  if (name == "client_no_context_takeover") {
    return agreed.server_no_context_takeover = !has_value;
  }
  if (name == "server_max_window_bits" && bits) {
    agreed.client_max_window_bits = *bits;
    return true;
  }
  if (name == "client_max_window_bits" && bits && *bits >= kLeastWindowBits) {
    agreed.server_max_window_bits = std::min(*bits, ours);
    return true;
  }
  return false;
}

}  // namespace

std::string deflate_offer(int window_bits) {
  const std::string name(kName), bits = std::to_string(window_bits);
  std::string without = name + "; client_max_window_bits";
  if (window_bits == kMaxWindowBits) return without;
  return name + "; server_max_window_bits=" + bits + "; client_max_window_bits=" + bits + ", " +
         without;
}

std::optional<DeflateParameters> accept_deflate(std::string_view header, int window_bits) {
  if (header.empty()) return std::nullopt;
  const std::vector<std::string_view> parts = split(header, ';');
  // A comma, and so a second extension, is in no parameter that is known.
  if (parts.front() != kName) refuse(header);
  DeflateParameters agreed;
  agreed.server_max_window_bits = window_bits;
  std::set<std::string_view> seen;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::string_view name = trim(parts[i].substr(0, parts[i].find('=')));
    if (!seen.insert(name).second || !take_parameter(parts[i], window_bits, agreed)) refuse(header);
  }
  return agreed;
}

}  // namespace triloop
