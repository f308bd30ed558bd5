#include "processors/choose.h"

#include <stdexcept>

#include "processors/echo.h"

namespace triloop {

void serve_processor(Server& server, const ProcessorChoice& choice, bool print) {
  if (choice.name == "echo") return server.handle("/ws", echo(print));
  if (choice.name == "parallel") return server.handle("/ws", parallel(choice.parallel));
  throw std::invalid_argument("no processor " + choice.name);
}

}  // namespace triloop
