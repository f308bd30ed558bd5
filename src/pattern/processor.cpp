// The processor thread: runs the user's code between the two queues.
#include <exception>

#include "observe/log.h"
#include "pattern/wires.h"
#include "triloop/connection.h"

namespace triloop {

// The top of the thread. However the user's code ends, the connection drains: a processor that is
// gone can leave no connection open behind it.
//
// Blocks in read() (freed by a message, or by any ending, which closes the in-queue), in write()
// on a full out-queue (freed by the writer, or by end_now(), which discards it), and in user code.
void Connection::run_processor() noexcept {
  CloseReason reason{ClosedBy::processor, close_code::kInternalError, {}};
  try {
    (*upgrade_->processor)(*this);
    reason.code = close_code::kNormal;
  } catch (const std::exception& error) {
    log_throw(id_, error.what());
  } catch (...) {
    log_throw(id_, nullptr);
  }
  // Changes nothing if an ending is what made it return.
  wires_->ending.begin_drain(std::move(reason));
  state_.reset();  // here: its destructor is the user's, and handles may keep the rest for longer
  wires_->out_queue.close();  // no further reply: the writer may finish
}

}  // namespace triloop
