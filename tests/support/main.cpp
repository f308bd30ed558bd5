#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

#define CATCH_CONFIG_RUNNER  // Catch2 2.x: the implementation goes here
#include "catch.h"
#include "triloop/sync.h"

int main(int argc, char** argv) {
  // A sanitizer's runtime starts a thread of its own with the program's first one. Let that be now,
  // so that tests which count threads count their own.
  {
    const triloop::Thread first("first", [] {});
  }
  spdlog::set_default_logger(spdlog::null_logger_mt("quiet"));
  return Catch::Session().run(argc, argv);
}
