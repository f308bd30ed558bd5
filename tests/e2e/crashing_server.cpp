// A server whose user's code crashes in the way that a message asks for, with a trace.
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>

#include "observe/trace.h"
#include "triloop/server.h"

namespace {

// In the page that is never mapped. Not null, at which UndefinedBehaviorSanitizer would end the
// program.
constexpr std::uintptr_t kNothingThere = 64;

int read_through(const volatile int* pointer) { return *pointer; }

// Deeper than any stack is.
int recurse(int times) {
  volatile char here[1024] = {};
  here[0] = static_cast<char>(times);
  return times == 0 ? 0 : recurse(times - 1) + here[0];
}

void fail() { throw std::runtime_error("nobody may catch this"); }
void let_nothing_through() noexcept { fail(); }

// As main.cpp does when a processor does not return.
void hang(triloop::Connection& connection) {
  const triloop::trace::Slice hanging("hanging");
  connection.write(triloop::Message::text("hanging"));
  const triloop::Latch never;
  never.wait();
}

void crash(triloop::Connection& connection) {
  while (const auto message = connection.read()) {
    const triloop::trace::Slice crashing("crashing");
    if (message->data == "hang") hang(connection);
    if (message->data == "abort") std::abort();
    if (message->data == "wild") read_through(reinterpret_cast<const int*>(kNothingThere));
    if (message->data == "stack") recurse(1 << 30);
    if (message->data == "terminate") let_nothing_through();
    connection.write(triloop::Message::text(message->data));
  }
}

triloop::Server* running = nullptr;

}  // namespace

// Called as the program is: --bind 127.0.0.1 --port 0 --trace FILE.
int main(int argc, char** argv) {
  std::map<std::string, std::string> arguments;
  for (int i = 1; i + 1 < argc; i += 2) arguments[argv[i]] = argv[i + 1];
  const triloop::trace::Recording recording(arguments["--trace"]);
  triloop::Options options;
  options.bind = {arguments["--bind"]};
  options.port = 0;
  options.drain_timeout = std::chrono::milliseconds(100);
  triloop::Server server(options);
  running = &server;
  std::signal(SIGTERM, [](int) { running->stop(); });
  server.handle("/ws", crash);
  std::cout << "listening on " << server.url() << std::endl;
  const auto stuck = server.run();
  if (stuck.empty()) return EXIT_SUCCESS;
  triloop::trace::write();
  std::_Exit(3);
}
