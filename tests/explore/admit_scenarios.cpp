// The server is stopped while somebody's function decides who may come in, and waits for a
// database.
#include <cstddef>
#include <cstdint>
#include <functional>

#include "scenarios.h"
#include "server_play.h"
#include "triloop/latch.h"
#include "triloop/server.h"
#include "triloop/verdict.h"

namespace explore {
namespace {

using triloop::Latch;
using triloop::Server;

// Nothing of ours frees who waits for it.
struct Database {
  Latch asked, answers;
};

// `meanwhile` begins when the function has been asked, and has to let the database answer.
Stopped stop_while_asked(const triloop::Verdict& verdict,
                         const std::function<void(Server&, Database&)>& meanwhile,
                         std::size_t peer_takes = SIZE_MAX) {
  Database database;
  Play play{{kRequest + kClose}};
  play.peers_take = peer_takes;
  play.before_run = [&](Server& server, Kernel&) {
    server.admit("/ws", [&](const triloop::Request&) {
      database.asked.fire({});
      database.answers.wait();
      return verdict;
    });
  };
  play.meanwhile = [&](Server& server, Kernel&) {
    database.asked.wait();
    meanwhile(server, database);
  };
  Stopped stopped = run_fair(play);
  expect_all_gone(stopped);
  return stopped;
}

void stop_and_answer(Server& server, Database& database) {
  server.stop();
  database.answers.fire({});
}

// Who was asked about has said all of its request: it is answered, and told why that ends.
void it_may_come_in() {
  const Stopped stopped = stop_while_asked(triloop::let_in(), stop_and_answer);
  if (time_came_early()) return;
  require(stopped.received[0].has("101 Switching"), "no answer");
  require(stopped.received[0].has(server_frame(8, code(1000))) ||
              stopped.received[0].has(server_frame(8, code(1001) + "server stopping")),
          "no Close");
}

void it_may_not() {
  triloop::Response no;
  no.status = 403;
  const Stopped stopped = stop_while_asked(triloop::refuse(no), stop_and_answer);
  require(time_came_early() || stopped.received[0].has("403 Forbidden"), "no answer");
}

// The database answers when it does.
void the_answer_comes_at_any_moment() {
  const Stopped stopped =
      stop_while_asked(triloop::let_in(), [](Server& server, Database& database) {
        const triloop::Thread answer("database", [&] { database.answers.fire({}); });
        any_moment();
        server.stop();
      });
  require(time_came_early() || stopped.received[0].has("101 Switching"), "no answer");
}

// The answer is not taken: the second stop frees who waits for that, too, and no deadline has to.
void twice() {
  const auto stop_and_abort = [](Server& server, Database& database) {
    server.stop();
    stop_and_answer(server, database);
  };
  const Stopped stopped = stop_while_asked(triloop::let_in(), stop_and_abort, /*peer_takes=*/0);
  require(stopped.received[0].closed, "the socket is left open");
}

}  // namespace

const std::vector<Named>& admit_scenarios() {
  static const std::vector<Named> all = {
      {"server stop: while admit() waits, which lets in", it_may_come_in},
      {"server stop: while admit() waits, which refuses", it_may_not},
      {"server stop: while admit() is answered", the_answer_comes_at_any_moment},
      {"server stop: twice, while admit() waits", twice},
  };
  return all;
}

}  // namespace explore
