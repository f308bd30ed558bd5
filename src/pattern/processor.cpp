// The processor thread: runs the user's code between the two queues.
#include <spdlog/spdlog.h>

#include <exception>

#include "observe/frame_queue.h"
#include "pattern/ending.h"
#include "triloop/connection.h"
#include "websocket/printable.h"

namespace triloop {
namespace {

// Without memory for the line there is none.
void log_throw(std::uint64_t id, const char* what) noexcept {
  try {
    if (what == nullptr) {
      spdlog::error("[{}] the processor threw something that is no std::exception", id);
    } else {
      spdlog::error("[{}] the processor threw: {}", id, printable(what));
    }
  } catch (...) {
  }
}

}  // namespace

// The top of the thread. However the user's code ends, the connection drains: a processor that is
// gone can leave no connection open behind it.
//
// Blocks in read() (freed by a message, or by any ending, which closes the in-queue), in write()
// on a full out-queue (freed by the writer, or by the latch), and wherever the user's code does.
void Connection::run_processor() noexcept {
  CloseReason reason{ClosedBy::processor, close_code::kInternalError, {}};
  try {
    (*processor_)(*this);
    reason.code = close_code::kNormal;
  } catch (const std::exception& error) {
    log_throw(id_, error.what());
  } catch (...) {
    log_throw(id_, nullptr);
  }
  state_.reset();  // here: its destructor is the user's, and handles may keep the rest for longer
  ending_->begin_drain(std::move(reason));  // changes nothing if an ending is what made it return
  out_queue_->close();                      // no further reply: the writer may finish
}

}  // namespace triloop
