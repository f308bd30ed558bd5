// What a student can cause, and what is to be seen then. Each throws if it was not.

import assert from "node:assert/strict";
import { Opcode, RawPeer, closeFrame, frame, repeated } from "../faults/raw_peer.mjs";
import { Watch, hasEnded, isDoing, isFull, leavingOrder } from "./watch.mjs";

const FLOOD_MESSAGES = 5000;
const KIB = 1024;

// More than the queues and the kernel's buffers hold between them.
const LARGE_BYTES = 64 * KIB;
const MORE_THAN_FITS = 600;

async function connect(url, say, path) {
  const peer = await RawPeer.connect(Number(url.port), url.hostname);
  peer.shakeHands(path);
  assert.equal(await peer.answered, 101);
  const watch = new Watch(url, peer.socket.localPort, say);
  await watch.until("the connection is open", ({ state }) => state === "open");
  return { peer, watch };
}

/** The latch keeps one reason, and all three threads are gone. */
async function ended(watch, expected) {
  const last = await watch.until("the connection has ended", hasEnded);
  assert.deepEqual([...leavingOrder(last)].sort(), [1, 2, 3]);
  const { by, code } = last.latch.closing;
  assert.ok(expected.some((one) => one.by === by && one.code === code), `closed by ${by}, ${code}`);
  return last;
}

/** Closes when the server has all of them, and then the peer has their echoes: by itself, not as the server counts. */
async function allEchoed(peer, watch, bytes, messages) {
  const { received } = await watch.until("all were received, and read",
    (now) => now.received.messages >= messages && now.queues.in.messages === 0);
  assert.equal(received.messages, messages);
  await peer.close();
  const echoes = peer.frames.filter(({ payload }) => payload.length === bytes).length;
  assert.equal(echoes, messages, "something is lost");
}

const drained = (last) => assert.deepEqual(last.latch.closed, last.latch.closing);

async function flood(url, say) {
  const { peer, watch } = await connect(url, say, "/lab");
  await peer.send(repeated(frame(Opcode.binary, Buffer.alloc(KIB, 97)), FLOOD_MESSAGES));
  await allEchoed(peer, watch, KIB, FLOOD_MESSAGES);
  return ended(watch, [{ by: "peer", code: 1000 }]);
}

async function slowProcessor(url, say) {
  const { peer, watch } = await connect(url, say, "/lab?delay=200ms");
  const flooding = peer.flood(frame(Opcode.binary, Buffer.alloc(LARGE_BYTES, 97)));
  await watch.inOrder([
    ["the in-queue is full", (now) => isFull(now, "in")],
    ["the reader waits for room", isDoing("reader", "waiting_for_room")],
  ]);
  let waiting = 0;
  while (waiting < LARGE_BYTES) {  // nobody reads, so what is written next stays on this side
    await watch.look();
    waiting = peer.socket.writableLength;
  }
  say(`          peer: ${waiting} bytes wait on the peer's own side, TCP takes no more`);
  peer.leave();
  await flooding;
  return ended(watch, [{ by: "network", code: 1006 }]);
}

async function stopsReading(url, say) {
  const { peer, watch } = await connect(url, say, "/lab");
  peer.stopReading();
  const message = frame(Opcode.binary, Buffer.alloc(LARGE_BYTES, 97));
  const sending = peer.send(repeated(message, MORE_THAN_FITS));
  await watch.inOrder([
    ["the writer waits for the peer", isDoing("writer", "writing_socket")],
    ["the out-queue is full", (now) => isFull(now, "out")],
    ["the processor waits for room", isDoing("processor", "waiting_for_room")],
    ["the in-queue is full", (now) => isFull(now, "in")],
    ["the reader waits for room", isDoing("reader", "waiting_for_room")],
  ]);
  const { write_timeout: seconds } = await (await fetch(new URL("/about.json", url))).json();
  say(`          peer: reads nothing; the write timeout is ${seconds} s`);
  await watch.until("the write timeout", hasEnded, seconds * 1000);
  peer.leave();
  await sending;
  return ended(watch, [{ by: "network", code: 1006 }]);
}

async function closeFromClient(url, say) {
  const { peer, watch } = await connect(url, say, "/lab");
  await peer.echo("the last words");
  await peer.send(closeFrame(1000, "bye"));
  assert.equal(await peer.closeCode(), 1000);
  const last = await ended(watch, [{ by: "peer", code: 1000 }]);
  assert.equal(last.latch.closing.reason, "bye");
  drained(last);
  return last;
}

async function closeFromServer(url, say) {
  const { peer, watch } = await connect(url, say, "/lab");
  await peer.send(frame(Opcode.text, "!close 4000 asked for"));
  assert.equal(await peer.closeCode(), 4000);
  const last = await ended(watch, [{ by: "application", code: 4000 }]);
  drained(last);
  return last;
}

async function closeFromBoth(url, say) {
  const { peer, watch } = await connect(url, say, "/lab");
  await peer.send(Buffer.concat([frame(Opcode.text, "!close 4000 from the server"), closeFrame(1000, "from the peer")]));
  const code = await peer.closeCode();
  const last = await ended(watch, [{ by: "application", code: 4000 }, { by: "peer", code: 1000 }]);
  assert.equal(last.latch.closing.code, code, "the first reason stays, and is what the peer is told");
  drained(last);
  return last;
}

async function vanishes(url, say) {
  const { peer, watch } = await connect(url, say, "/lab");
  await peer.echo("and gone");
  peer.reset();
  return ended(watch, [{ by: "network", code: 1006 }]);
}

async function processorThrows(url, say) {
  const { peer, watch } = await connect(url, say, "/lab");
  await peer.send(frame(Opcode.text, "!throw"));
  assert.equal(await peer.closeCode(), 1011);
  const last = await ended(watch, [{ by: "processor", code: 1011 }]);
  drained(last);
  return last;
}

/** By name: what to look for, and what causes it. `run(url, say)` resolves with the last snapshot. */
export const scenarios = {
  flood: {
    lookFor: "5000 messages at once: no thread waits for long, and the queues empty as fast as they fill.",
    run: flood,
  },
  "slow-processor": {
    lookFor: "The processor takes 200 ms for each: the in-queue fills, then the reader waits, then TCP pushes back and the peer's own buffer grows.",
    run: slowProcessor,
  },
  "stops-reading": {
    lookFor: "A peer that reads nothing: writer, out-queue, processor, in-queue, reader stand still one after the other, until the write timeout fires the latch.",
    run: stopsReading,
  },
  "close-from-client": {
    lookFor: "The peer closes: everything is still answered, the latch keeps its reason, and the threads leave in order.",
    run: closeFromClient,
  },
  "close-from-server": {
    lookFor: "The processor closes: the same ending from the other side.",
    run: closeFromServer,
  },
  "close-from-both": {
    lookFor: "Both close at once: the latch takes the first reason, and the second changes nothing.",
    run: closeFromBoth,
  },
  vanishes: {
    lookFor: "The peer is gone without a word: an abort. The queues are discarded, no Close frame is sent.",
    run: vanishes,
  },
  "processor-throws": {
    lookFor: "The user's code throws: 1011 for this connection, and no other notices.",
    run: processorThrows,
  },
};
