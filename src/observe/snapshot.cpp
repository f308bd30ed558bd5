// A connection as it is at this moment. Nothing here is on the way of a message.
#include "observe/snapshot.h"

#include <algorithm>

namespace triloop {
namespace {

using std::chrono::nanoseconds;

Doing doing_of(const ThreadMeter& meter, Doing otherwise) {
  if (meter.ended_as.get() != 0) return Doing::ended;
  return meter.life.runs() ? otherwise : Doing::not_started;
}

// The rest of its life is work.
void finish(ThreadSnapshot& thread, const ThreadMeter& meter) {
  thread.left = meter.ended_as.get();
  const nanoseconds known = thread.in_socket + thread.waiting_for_message +
                            thread.waiting_for_room + thread.waiting_for_peer;
  thread.working = std::max(nanoseconds(0), meter.life.total() - known);
}

ThreadSnapshot reader_of(const ThreadMeter& meter, const QueueSnapshot& in_queue) {
  ThreadSnapshot reader;
  reader.doing = doing_of(meter, in_queue.waiting_for_room > 0 ? Doing::waiting_for_room
                                 : meter.socket.runs()         ? Doing::reading_socket
                                                               : Doing::working);
  reader.in_socket = meter.socket.total();
  reader.waiting_for_room = in_queue.waited_for_room;
  finish(reader, meter);
  return reader;
}

// If the user's code reads or writes with threads of its own, their waits count as the processor's.
ThreadSnapshot processor_of(const ThreadMeter& meter, const QueueSnapshot& in_queue,
                            const QueueSnapshot& out_queue) {
  ThreadSnapshot processor;
  processor.doing = doing_of(meter, out_queue.waiting_for_room > 0   ? Doing::waiting_for_room
                                    : in_queue.waiting_for_items > 0 ? Doing::waiting_for_message
                                                                     : Doing::working);
  processor.waiting_for_message = in_queue.waited_for_items;
  processor.waiting_for_room = out_queue.waited_for_room;
  finish(processor, meter);
  return processor;
}

ThreadSnapshot writer_of(const ThreadMeter& meter, const Stopwatch& goodbye,
                         const QueueSnapshot& out_queue) {
  ThreadSnapshot writer;
  writer.doing = doing_of(meter, goodbye.runs()                    ? Doing::waiting_for_peer
                                 : out_queue.waiting_for_items > 0 ? Doing::waiting_for_message
                                 : meter.socket.runs()             ? Doing::writing_socket
                                                                   : Doing::working);
  writer.in_socket = meter.socket.total();
  writer.waiting_for_message = out_queue.waited_for_items;
  writer.waiting_for_peer = goodbye.total();
  finish(writer, meter);
  return writer;
}

}  // namespace

ConnectionSnapshot snapshot_of(const Request& request, const Observer& observer,
                               const FrameQueue& in_queue, const FrameQueue& out_queue,
                               const SpareBuffers& spares, const Latch& ending, const Latch& over) {
  const Meters& meters = observer.meters;
  ConnectionSnapshot now;
  now.id = observer.connection();
  now.number = observer.number;
  now.peer_address = request.peer_address;
  now.path = request.path;
  now.age = GaugeClock::now() - meters.accepted_at;
  now.closing = ending.reason();
  now.closed = over.reason();
  now.state = now.closing ? ConnectionSnapshot::State::closing : ConnectionSnapshot::State::open;
  now.kept_bytes = spares.bytes();
  now.in_queue = in_queue.snapshot();
  now.out_queue = out_queue.snapshot();
  now.reader = reader_of(meters.reader, now.in_queue);
  now.processor = processor_of(meters.processor, now.in_queue, now.out_queue);
  now.writer = writer_of(meters.writer, meters.goodbye, now.out_queue);
  now.messages_received = in_queue.pushed().messages.get();
  now.bytes_received = in_queue.pushed().bytes.get();
  now.messages_sent = out_queue.done().messages.get();
  now.bytes_sent = out_queue.done().bytes.get();
  if (observer.follow != nullptr) {
    now.label = observer.follow->label();
    now.followed = observer.follow->last();
  }
  return now;
}

}  // namespace triloop
