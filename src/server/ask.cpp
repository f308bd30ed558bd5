// The part of a handshake that may take long: somebody decides whether the peer may come in.
#include <spdlog/spdlog.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>

#include "observe/trace.h"
#include "server/admission.h"
#include "server/handshake.h"
#include "server/routes.h"
#include "websocket/http.h"

namespace triloop {
namespace {

// What comes right behind a request is a message or two.
constexpr std::size_t kEarlyBytes = 2048;

bool is_offered(const Request& request, const std::string& subprotocol) {
  return list_contains(request.header("Sec-WebSocket-Protocol"), subprotocol);
}

}  // namespace

// Blocks wherever the code of `admit` does; nothing of ours frees it. Throws what that throws, and
// HttpError if it is no proper upgrade, or there is no place anyway: then nobody is asked.
Verdict Handshake::ask(const Admit& admit) {
  check_upgrade(upgrade_->request);
  if (place_ != nullptr && !place_->may_enter()) throw no_place();
  const trace::Slice asking("asking whether it may come in");
  const Request& request = upgrade_->request;
  Verdict verdict = admit(request);
  const std::string chosen = verdict.subprotocol_.value_or("");
  if (!chosen.empty() && !is_offered(request, chosen)) {
    throw std::invalid_argument("admit chose a subprotocol that the peer does not offer");
  }
  return verdict;
}

HttpError Handshake::no_place() {
  return HttpError(503, "too many connections", {{"Retry-After", "1"}});
}

// What the peer has sent meanwhile, behind its request, is kept for the reader; the end of the
// stream behind that cannot be seen here, and is found by the reader, too. Never blocks.
bool Handshake::peer_has_left() {
  const std::unique_ptr<char[]> buffer(new char[kEarlyBytes]);  // as in receive_request()
  std::error_code error;
  const std::size_t size = socket_.receive(buffer.get(), kEarlyBytes, kNow, error);
  upgrade_->early_bytes.append(buffer.get(), size);
  if (size > 0 || error == std::errc::operation_would_block) return false;
  spdlog::debug("[{}] {}: left while it was asked about", id_, upgrade_->request.peer_address);
  return true;
}

}  // namespace triloop
