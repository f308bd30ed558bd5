// Records the session that the page plays where there is nothing to show: an idle connection, echoes,
// a flood that its processor is too slow for, and a close. It writes web/session.js.
//   TRILOOP_BINARY=build/dev/triloop node tests/e2e/record_session.mjs

import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import WebSocket from "ws";
import { startServer } from "./server.mjs";

const FILE = new URL("../../web/session.js", import.meta.url);
const DELAY = "4ms"; // what the processor takes for each message
const FLOOD_MESSAGES = 1500; // more than the in-queue's 1000
const FLOOD_BYTES = 1024;
const ECHOES = 3;
const STORY = "three echoes, a flood that the processor is too slow for, a close by the peer";

const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
const round = (key, value) => (typeof value === "number" && !Number.isInteger(value) ? Number(value.toFixed(6)) : value);

/** What is not the story: observers, and connections that have not opened yet. */
function withoutOthers({ connections, ...rest }) {
  const shown = connections.filter(({ path }) => path.startsWith("/lab"));
  return { ...rest, connections: shown };
}

/** The story itself, on a connection to /lab. Real time passes between its parts. */
async function tell(url) {
  const peer = new WebSocket(new URL(`/lab?tab=recorded&delay=${DELAY}`, url.replace("http", "ws")));
  let echoed = 0;
  peer.on("message", () => (echoed += 1));
  await once(peer, "open");
  await pause(1.5);
  for (let i = 0; i < ECHOES; i += 1) {
    peer.send("Hello world!");
    await pause(0.4);
  }
  const payload = "x".repeat(FLOOD_BYTES);
  for (let i = 0; i < FLOOD_MESSAGES; i += 1) peer.send(payload);
  while (echoed < FLOOD_MESSAGES + ECHOES) await once(peer, "message");
  await pause(0.6);
  peer.close(1000, "bye");
  await once(peer, "close");
  await pause(0.8);
}

/** Gives the session. `t` is what startServer() takes. */
export async function record(t) {
  const server = await startServer(t, "--heartbeat", "0");
  const observer = new WebSocket(new URL("/inspect", server.url.replace("http", "ws")));
  const snapshots = [];
  observer.on("message", (data) => snapshots.push(withoutOthers(JSON.parse(data.toString()))));
  await once(observer, "open");
  await tell(server.url);
  observer.terminate();
  const told = snapshots.filter(({ connections }) => connections.length > 0);
  return { triloop_session: 1, recorded: STORY, snapshots: told };
}

/** A line for each snapshot. */
export function sourceOf({ snapshots, ...head }) {
  const lines = snapshots.map((snapshot) => JSON.stringify(snapshot, round));
  const first = JSON.stringify({ ...head, snapshots: [] }).slice(0, -2);
  return "// Recorded by tests/e2e/record_session.mjs. Do not edit.\n"
    + `(window.triloop ??= {}).session = ${first}\n${lines.join(",\n")}\n]};\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const ends = [];
  try {
    writeFileSync(FILE, sourceOf(await record({ after: (end) => ends.push(end) })));
  } finally {
    for (const end of ends) await end();
  }
}
