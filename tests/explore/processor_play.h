// A connection, from where its processor begins to where it returns.
#pragma once

#include <functional>
#include <string>

#include "play.h"
#include "scheduler.h"
#include "triloop/latch.h"

namespace explore {

// From here to the end of a scope it is every schedule, before and behind it always the same one.
struct Explored {
  Explored() { start_choosing(); }
  ~Explored() { stop_choosing(); }
  Explored(const Explored&) = delete;
  Explored& operator=(const Explored&) = delete;
};

// A connection whose peer has said all when the processor begins. From there on, until the
// processor returns, everything is explored; the handshake and the goodbye have scenarios of their
// own. What somebody else does meanwhile comes after the beginning.
inline Played play_processor(const std::string& peer_says, const triloop::Processor& processor,
                             const std::function<void(triloop::Connection&)>& meanwhile = nullptr,
                             triloop::Request request = {}) {
  triloop::Latch begun;
  const triloop::Processor explored = [&](triloop::Connection& self) {
    begun.fire({});
    const Explored here;
    processor(self);
  };
  Scene scene(peer_says, explored, quiet(), SIZE_MAX, 1, std::move(request));
  stop_choosing();
  scene.begin();
  begun.wait();
  if (meanwhile) {
    any_moment();
    meanwhile(scene.connection());
  }
  Played played = scene.end();
  expect_fair();
  return played;
}

}  // namespace explore
