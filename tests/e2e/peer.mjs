// A WebSocket client of the `ws` package whose messages are read one at a time, in order.

import { once } from "node:events";
import WebSocket from "ws";
import { TRUST_OF_THIS_RUN } from "./certificates.mjs";
import { within } from "./wait.mjs";

const PATIENCE_MS = 15_000;

/** Resolves when the connection is open. The test `t` ends it at the latest. */
export async function openPeer(t, url, { protocols = [], ...options } = {}) {
  const socket = new WebSocket(url, protocols, { ...TRUST_OF_THIS_RUN, ...options });
  const messages = [];
  const waiting = [];
  let ended = null;

  socket.on("message", (data, binary) => {
    const message = { data, binary, text: binary ? null : data.toString(), at: performance.now() };
    const reader = waiting.shift();
    if (reader) reader.resolve(message);
    else messages.push(message);
  });
  const closed = new Promise((resolve) => {
    socket.on("close", (code, reason) => {
      ended = { code, reason: reason.toString() };
      const error = new Error(`closed with ${code} while a message was awaited`);
      waiting.splice(0).forEach((reader) => reader.reject(error));
      resolve(ended);
    });
  });
  // Once open, a failure shows as close code 1006; before, as the rejection of `once`.
  socket.on("error", () => {});
  t.after(() => socket.terminate());
  await within(PATIENCE_MS, once(socket, "open"), `a connection to ${url}`);
  const openedAt = performance.now();

  function take() {
    if (messages.length > 0) return Promise.resolve(messages.shift());
    if (ended) return Promise.reject(new Error(`closed with ${ended.code}`));
    return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  }

  return {
    socket,
    openedAt,
    next: () => within(PATIENCE_MS, take(), "a message from the server"),
    closed: () => within(PATIENCE_MS, closed, "the connection closes"),
    unread: () => messages.map((message) => message.text ?? message.data),
  };
}
