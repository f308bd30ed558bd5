// A member of the chat, as far as the measurements need one.

import { once } from "node:events";
import { createRequire } from "node:module";
import { within } from "../e2e/wait.mjs";

const WebSocket = createRequire(new URL("../bench/package.json", import.meta.url))("ws");
const PATIENCE_MS = 60_000;

/** Resolves to the connection once it is welcomed. `heard(text)` is called for each line. */
export async function enter(port, room, name, heard = () => {}) {
  const member = new WebSocket(`ws://127.0.0.1:${port}/ws?room=r${room}&name=${name}`);
  const welcomed = new Promise((resolve, reject) => {
    member.on("message", (text) => {
      const message = JSON.parse(text);
      if (message.type === "welcome") resolve();
      if (message.type === "line") heard(message.text.trimEnd());
    });
    member.on("error", reject);
    member.on("close", (code, reason) => reject(new Error(`${name}: closed, ${code} ${reason}`)));
  });
  await within(PATIENCE_MS, welcomed, `${name} is welcomed`);
  return member;
}

export async function leaveAll(members) {
  const gone = members.map((member) => once(member.removeAllListeners("close"), "close"));
  members.forEach((member) => member.close());
  await within(PATIENCE_MS, Promise.all(gone), "all members have left").catch(() => {});
}
