/// What a server does with which path.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "server/trust.h"
#include "triloop/server.h"
#include "triloop/sync.h"
#include "triloop/verdict.h"

namespace triloop {

/// Filled before run(), constant from then on, so that connections may read it without a lock.
struct Routes {
  struct WebSocket {
    Processor processor;
    std::vector<std::string> subprotocols;
    std::optional<PathOptions> options{};  // none of its own: the server's
  };
  std::map<std::string, WebSocket> processors;
  std::map<std::string, Page> pages;
  std::map<std::string, Admit> admits{};      ///< who decides about an upgrade, by its path
  std::string label_parameter{};              ///< empty: connections have no label
  Trust trust{};                              ///< whose word counts, whatever the path
  mutable Gauge<std::uint64_t> websockets{};  ///< that there have been; does change

  /// Who has `path`: it by itself, or the longest "/ws/*" that it begins like; then `rest` becomes
  /// what stands for the `*`. nullptr if that is a page, or nobody.
  const WebSocket* find(const std::string& path, std::string& rest) const;
  /// The same for a page.
  const Page* find_page(const std::string& path, std::string& rest) const;

  /// Who decides about an upgrade of `path`, by the same rule, whatever "/ws/*" its processor has;
  /// nullptr: everybody may.
  const Admit* find_admit(const std::string& path) const;
  /// Throws std::logic_error if somebody is to decide where no processor is.
  void check_admits() const;

  /// The label that the request asks for; empty if none, or one that is not plain.
  std::string label_of(const Request& request) const;

  /// Has it no `*`, or only that of "/*" at its end?
  static bool is_path(const std::string& path);

 private:
  bool leads_somewhere(const std::string& gate) const;
};

}  // namespace triloop
