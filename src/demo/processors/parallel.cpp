#include "parallel.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "delay.h"
#include "slots.h"
#include "turns.h"

namespace triloop {

Message pretend_to_work(Connection& connection, Message request) {
  std::istringstream words(request.data);
  std::string word, time;
  if (words >> word >> time && word == "work") {
    if (const auto duration = parse_delay(time)) be_slow(connection, *duration);
  }
  return request;
}

// One thread reads, `workers` of them work and write. When all are busy and as many requests wait
// for them, push() blocks: nobody reads, the in-queue fills, and TCP stops the peer.
Processor parallel(const ParallelOptions& options, const Answer& answer) {
  const auto all_slots = std::make_shared<Slots>(options.all_workers);  // of all connections

  const auto work = [=](Connection& connection, Turns& turns, std::uint64_t number,
                        Message request) {
    std::optional<Turns::Ticket> ticket;  // before anything else, so that no turn is lost
    if (options.in_order) ticket.emplace(turns, number);
    std::optional<Message> reply;
    {
      const Slots::Holder slot(*all_slots, connection.over());
      if (!slot) return;  // it is over: nobody would get the reply
      reply = answer(connection, std::move(request));
    }  // while it waits for its turn, or for the peer, it holds no slot
    if (ticket) ticket->await();
    connection.write(std::move(*reply));
  };

  return [=](Connection& connection) {
    Turns turns;
    Workers workers(connection, options.workers, options.waiting_bytes);
    std::uint64_t number = 0;
    for (Message& request : connection) {
      const std::size_t bytes = request.data.size();
      workers.push(
          [&, number, request = std::move(request)]() mutable {
            work(connection, turns, number, std::move(request));
          },
          bytes);
      ++number;
    }
  };  // the workers finish what they have, and are joined
}

}  // namespace triloop
