// The processor thread: runs the user's code between the two queues.
#include <spdlog/spdlog.h>

#include <exception>
#include <string>

#include "observe/printable.h"
#include "observe/trace.h"
#include "triloop/connection.h"

namespace triloop {

// The top of the thread. However the user's code ends, the connection drains: a processor that is
// gone can leave no connection open behind it.
void Connection::run_processor() noexcept {
  const ThreadMeter::Presence here(processor_meter_, threads_ended_);
  const trace::Track track(trace::Role::processor, id_);
  CloseReason reason{ClosedBy::processor, close_code::kNormal, {}};
  try {
    process();
  } catch (...) {
    reason.code = close_code::kInternalError;
  }
  state_.reset();  // here: its destructor is the user's, and handles may keep the rest for longer
  begin_drain(std::move(reason));  // changes nothing if an ending is what made it return
  out_queue_.close();              // no further reply: the writer may finish
}

// Blocks in read() (freed by a message, or by any ending, which closes the in-queue), in write()
// on a full out-queue (freed by the writer, or by the latch), and wherever the user's code does.
void Connection::process() {
  const trace::Slice working("the user's code");
  try {
    (*processor_)(*this);
  } catch (const std::exception& error) {
    spdlog::error("[{}] the processor threw: {}", id_, printable(error.what()));
    throw;
  } catch (...) {
    spdlog::error("[{}] the processor threw something that is no std::exception", id_);
    throw;
  }
}

}  // namespace triloop
