// Writes web/code.js: for each state of each box of the picture the lines of the C++ that it is in.
// All is found by text, not by number: a function by its first line, the current line by what stands
// in it. What cannot be found, or is found twice, is an error.
//   node tests/e2e/make_code.mjs

import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const ROOT = new URL("../../", import.meta.url);
const FILE = new URL("web/code.js", ROOT);

// name: [file, first line, last line or null for the end of the function]
const EXCERPTS = {
  start: ["src/pattern/connection.cpp", "  SpareThreads::Task writer, processor;", "  writer.join();"],
  run_processor: ["src/pattern/processor.cpp", "void Connection::run_processor() noexcept {", null],
  read: ["src/pattern/connection.cpp", "ReadResult Connection::read_until(", null],
  write: ["src/pattern/connection.cpp", "WriteResult Connection::write_until(", null],
  reader_loop: ["src/pattern/reader.cpp", "void Reader::loop(", null],
  receive: ["src/net/socket.cpp", "  std::size_t receive(char* buffer,", null],
  take_in: ["src/pattern/reader.cpp", "void Reader::take_in(", null],
  pass_on_batch: ["src/pattern/reader.cpp", "void Reader::pass_on_batch() {", null],
  echo: ["src/demo/processors/echo.cpp", "Processor echo(", null],
  lab: ["src/demo/lab.cpp", "  void serve(Connection& connection) {", null],
  writer_loop: ["src/pattern/writer.cpp", "void Writer::loop() {", null],
  send: ["src/pattern/writer.cpp", "bool Writer::send(std::vector<Frame>& frames) {", null],
  wait_for_peer: ["src/pattern/writer.cpp", "bool Writer::wait_for_peer(", null],
  say_goodbye: ["src/pattern/writer.cpp", "void Writer::say_goodbye() {", null],
  await_peer: ["src/pattern/writer.cpp", "bool Writer::await_peer(", null],
  push_until: ["include/triloop/bounded_queue.h", "  PushResult push_until(", null],
  push_all: ["include/triloop/bounded_queue.h", "  PushResult push_all_until(", null],
  pop_until: ["include/triloop/bounded_queue.h", "  PopResult pop_until(", null],
  pop_batch: ["include/triloop/bounded_queue.h", "  PopResult pop_batch(", null],
  await_room: ["include/triloop/bounded_queue.h", "  bool await_room_for(", null],
  await_item: ["include/triloop/bounded_queue.h", "  bool await_item(", null],
  fire: ["include/triloop/latch.h", "  bool fire(CloseReason reason)", null],
  begin_drain: ["src/pattern/ending.cpp", "void Ending::begin_drain(", null],
  end_now: ["src/pattern/ending.cpp", "void Ending::end_now(", null],
};

const WAIT_FOR_ROOM = ["await_room", "if (!wait_for_room(deadline)) break;"];
const WAIT_FOR_ITEM = ["await_item", "if (!wait_for_items(deadline)) break;"];
const READ_ECHO = "std::optional<Message> message = connection.read()";
const WRITE_ECHO = "if (!connection.write(std::move(*message))) return;";
const WORK_ECHO = "be_slow(connection, *delay);";
const PROCESSOR_ENDED = [["run_processor", "wires_->out_queue.close();"]];
const PROCESSOR_NEW = [["start", "processor = threads_.start("]];

// box.state, with a variant for what is known of the processor: [excerpt, marked line...]...; the
// outer function comes first.
const STATES = {
  "reader.not_started": [["start", "Reader(*wires_).loop("]],
  "reader.reading_socket": [["reader_loop", "const std::size_t size = receive(into, error);"], ["receive", "::recv("]],
  "reader.working": [["reader_loop", "take_in({into.data, size});"], ["take_in", "switch (protocol_.decode(bytes, frame)) {"]],
  "reader.waiting_for_room": [["pass_on_batch", "in_queue_.push_all(batch_);"],
    ["push_all", "const bool room = await_room_for(*next, deadline);"], WAIT_FOR_ROOM],
  "reader.ended": [["start", "processor.join();", "writer.join();"]],
  "processor.not_started": PROCESSOR_NEW,
  "processor.waiting_for_message": [["run_processor", "(*upgrade_->processor)(*this);"],
    ["read", "wires_->in_queue.pop_until(frame, deadline);"], WAIT_FOR_ITEM],
  "processor.working": [["run_processor", "(*upgrade_->processor)(*this);"]],
  "processor.waiting_for_room": [["run_processor", "(*upgrade_->processor)(*this);"],
    ["write", "wires_->out_queue.push_until(frame, deadline);"], WAIT_FOR_ROOM],
  "processor.ended": PROCESSOR_ENDED,
  "writer.not_started": [["start", "writer = threads_.start("]],
  "writer.waiting_for_message": [["writer_loop", "out_queue_.pop_batch(batch, kBatch, deadline);"],
    ["pop_batch", "if (!wait_for_items(deadline)) break;"]],
  "writer.working": [["writer_loop", "&& !send(batch)) return;"], ["send", "outgoing_.load(frames);"]],
  "writer.writing_socket": [["send", "socket_.try_send("], ["wait_for_peer", "socket_.wait_writable("]],
  "writer.waiting_for_peer": [["say_goodbye", "await_peer(ending_.peer_done())", "await_peer(ending_.over(), &*farewell)"],
    ["await_peer", "if (latch.wait_until("]],
  "writer.ended": [["writer_loop", "say_goodbye();"]],
  "in.full": [["push_all", "const bool room = await_room_for(*next, deadline);"], WAIT_FOR_ROOM],
  "in.empty": [["pop_until", "if (!await_item(deadline)) {"], WAIT_FOR_ITEM],
  "in.moving": [["push_all", "inside_.push(*next++);"], ["pop_until", "item = inside_.take();"]],
  "out.full": [["push_until", "if (!await_room_for(item, deadline))"], WAIT_FOR_ROOM],
  "out.empty": [["pop_batch", "if (!wait_for_items(deadline)) break;"]],
  "out.moving": [["push_until", "inside_.push(item);"], ["pop_batch", "batch.push_back(inside_.take());"]],
  "latch.open": [["fire"]],
  "latch.closing": [["begin_drain", "begun_.fire("], ["fire", "reason_ = std::move(reason);"]],
  "latch.closed": [["end_now", "over_.fire("], ["fire", "reason_ = std::move(reason);"]],
};

for (const own of ["echo", "lab"]) {
  STATES[`processor.waiting_for_message@${own}`] = [[own, READ_ECHO], WAIT_FOR_ITEM];
  STATES[`processor.working@${own}`] = [[own, WORK_ECHO]];
  STATES[`processor.waiting_for_room@${own}`] = [[own, WRITE_ECHO],
    ["write", "wires_->out_queue.push_until(frame, deadline);"], WAIT_FOR_ROOM];
}

function onlyIndex(lines, text, where) {
  const found = lines.flatMap((line, i) => (line.includes(text) ? [i] : []));
  if (found.length !== 1) throw new Error(`${where}: ${found.length} lines with ${JSON.stringify(text)}`);
  return found[0];
}

function excerpt(name, sourceOf) {
  const [file, first, last] = EXCERPTS[name];
  const lines = sourceOf(file).split("\n");
  const from = onlyIndex(lines, first, file);
  const indent = /^ */.exec(lines[from])[0];
  const end = last ? onlyIndex(lines, last, file) : lines.findIndex((line, i) => i > from && line === `${indent}}`);
  if (end < from) throw new Error(`${file}: no end of ${JSON.stringify(first)}`);
  return { file, lines: lines.slice(from, end + 1).map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line)) };
}

/** The text of web/code.js. `sourceOf` gives the text of a file. */
export function makeCode(sourceOf = (file) => readFileSync(new URL(file, ROOT), "utf8")) {
  const excerpts = Object.fromEntries(Object.keys(EXCERPTS).map((name) => [name, excerpt(name, sourceOf)]));
  const states = {};
  for (const [state, parts] of Object.entries(STATES)) {
    states[state] = parts.map(([name, ...marks]) =>
      [name, ...marks.map((mark) => onlyIndex(excerpts[name].lines, mark, `${state}, ${name}`))]);
  }
  const table = (entries) => Object.entries(entries).map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`).join(",\n");
  return "// Made from the C++ by tests/e2e/make_code.mjs. Do not edit.\n"
    + `(window.triloop ??= {}).code = {\nexcerpts: {\n${table(excerpts)}\n},\nstates: {\n${table(states)}\n}};\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) writeFileSync(FILE, makeCode());
