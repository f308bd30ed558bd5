// Where a block stands that is some statements, of main() or of a processor.
#include <triloop/handle.h>
#include <triloop/server.h>
#include <triloop/trace.h>
#include <triloop/version.h>

#include <chrono>
#include <string>
#include <utility>

void statements(triloop::Server& server, triloop::Connection& connection,
                triloop::Options& options) {
  static_cast<void>(server);
  static_cast<void>(connection);
  static_cast<void>(options);
  // BLOCK
}
