#include "server/served.h"

#include <algorithm>
#include <utility>

#include "life/life.h"
#include "observe/trace.h"
#include "server/handshake.h"
#include "server/routes.h"

namespace triloop {

Served::Served(std::uint64_t id, std::unique_ptr<Socket> socket, std::uint16_t stop_code)
    : id_(id),
      stop_code_(stop_code),
      accepted_from_(socket->peer_address()),
      socket_(std::move(socket)) {}

void Served::serve(const Routes& routes, const Options& options, SpareThreads& threads,
                   Place* place) noexcept {
  try {
    std::unique_ptr<Upgrade> upgrade = shake_hands(routes, options, place);
    if (upgrade == nullptr) return;
    upgrade->number = routes.websockets.add(1);
    upgrade->label = routes.label_of(upgrade->request);
    open(std::move(upgrade), threads);
    run();
  } catch (...) {  // no memory left, even for the answer or for the log: the socket just closes
    socket_->shutdown();
  }
}

std::unique_ptr<Upgrade> Served::shake_hands(const Routes& routes, const Options& options,
                                             Place* place) {
  const trace::Slice slice("handshake");
  Handshake handshake(id_, *socket_, routes, options, place);
  if (!handshake.open()) return nullptr;
  note_peer(handshake);
  const bool received = handshake.receive_request();
  note_peer(handshake);
  if (!received || !go_on(/*owes_an_answer=*/true)) return nullptr;
  std::unique_ptr<Upgrade> upgrade = handshake.answer();
  if (upgrade == nullptr && go_on(/*owes_an_answer=*/false)) handshake.see_off();
  return upgrade;
}

// Whom snapshots show as long as there is no connection.
void Served::note_peer(const Handshake& handshake) {
  if (handshake.peer_address() == accepted_from_) return;
  const MutexLock lock(mutex_);
  behind_ = handshake.peer_address();
}

// Notes whether the peer is owed an answer, by which stop() decides. False if it has been told to
// end.
bool Served::go_on(bool owes_an_answer) {
  const MutexLock lock(mutex_);
  owes_an_answer_ = owes_an_answer;
  return stop_ == Stop::none;
}

void Served::open(std::unique_ptr<Upgrade> upgrade, SpareThreads& threads) {
  upgrade->accepted_at = accepted_at_;
  const std::shared_ptr<Connection> opened = Life::begin(id_, socket_, std::move(upgrade), threads);
  Stop told;
  {
    const MutexLock lock(mutex_);
    connection_ = opened;
    told = stop_;
  }
  if (told != Stop::none) tell(*opened, told);  // it was not there yet when that came
}

void Served::run() noexcept { Life::serve(*connection()); }

void Served::stop() { stop(Stop::drain); }
void Served::stop_now() noexcept { stop(Stop::now); }

// Who is cut off here becomes no connection: go_on() sees stop_, or its answer fails.
void Served::stop(Stop how) {
  std::shared_ptr<Connection> opened;
  {
    const MutexLock lock(mutex_);
    stop_ = std::max(stop_, how);
    opened = connection_;
    const bool cuts = how == Stop::now || !owes_an_answer_;
    if (opened == nullptr && cuts) socket_->shutdown();
  }
  if (opened != nullptr) tell(*opened, how);
}

void Served::tell(Connection& opened, Stop how) const {
  if (how == Stop::drain) {
    Life::drain(opened, reason_for(ClosedBy::server, stop_code_, "server stopping"));
  } else {
    Life::end_now(opened, reason_for(ClosedBy::server, close_code::kGoingAway,
                                     "the server could wait no longer"));
  }
}

std::shared_ptr<Connection> Served::connection() const {
  const MutexLock lock(mutex_);
  return connection_;
}

ConnectionSnapshot Served::snapshot() const {
  std::shared_ptr<Connection> opened;
  ConnectionSnapshot now;
  {
    const MutexLock lock(mutex_);
    opened = connection_;
    now.peer_address = behind_.empty() ? accepted_from_ : behind_;
  }
  if (opened != nullptr) return opened->snapshot();
  now.id = id_;
  now.age = GaugeClock::now() - accepted_at_;
  return now;
}

}  // namespace triloop
