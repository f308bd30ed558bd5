// A chat that is taken over under talk: for a while two programs have its history open.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import WebSocket from "ws";
import { openPeer } from "./peer.mjs";
import { folder } from "./run.mjs";
import { launchProgram } from "./server.mjs";
import { eventually, within } from "./wait.mjs";

const PATIENCE_MS = 60_000;
const TALKERS = 20;
const AT_A_TIME = 4;

/** Says numbered lines until it is told to stop; comes back, and says again what was not acknowledged. */
class Talker {
  constructor(url, name) {
    Object.assign(this, { url, name, said: 0, kept: new Map(), heard: new Map(), comesBack: 0, stops: false });
    this.done = this.live();
  }

  async live() {
    while (!this.stops || this.kept.size < this.said) await this.once();
  }

  once() {
    return new Promise((resolve, reject) => {
      const back = this.token ? `&token=${this.token}&epoch=${this.epoch}&since=${this.seq}` : "";
      const socket = new WebSocket(`${this.url}?room=lobby&name=${this.name}${back}`, "chat.2");
      const say = (i, again) => socket.send(JSON.stringify({ type: "say", id: `${i}`, text: `${this.name} ${i}`, ...(again && { again }) }));
      const goOn = () => {
        while (!this.stops && this.said < this.kept.size + AT_A_TIME) say(this.said++);
        if (this.stops && this.kept.size === this.said) socket.close(1000);
      };
      const hear = ({ seq, text }) => {
        this.heard.set(seq, [...(this.heard.get(seq) ?? []), text]);
        this.seq = seq;
      };
      const answers = {
        welcome: ({ token, epoch, seq, history, gap }) => {
          if (gap) reject(new Error(`${this.name}: a gap`));
          history.forEach(hear);
          Object.assign(this, { token, epoch, seq: Math.max(this.seq ?? 0, history.length ? this.seq : seq) });
          for (let i = 0; i < this.said; i += 1) if (!this.kept.has(i)) say(i, true);
          goOn();
        },
        line: hear,
        kept: ({ id, seq }) => {
          this.kept.set(Number(id), seq);
          goOn();
        },
        "not kept": (what) => reject(new Error(`${this.name}: ${JSON.stringify(what)}`)),
        refused: (what) => reject(new Error(`${this.name}: ${JSON.stringify(what)}`)),
      };
      socket.on("message", (data) => {
        const message = JSON.parse(data.toString());
        answers[message.type]?.(message);
      });
      socket.on("error", reject);
      socket.on("close", (code, reason) => {
        if (code !== 1000 && code !== 1001) return reject(new Error(`${this.name}: ended with ${code} ${reason}`));
        if (code === 1001) this.comesBack += 1;
        return resolve();
      });
    });
  }
}

/** All lines of the room, in the order in which whoever comes later hears them. */
async function history(t, url, newest) {
  const reader = await openPeer(t, `${url}?room=lobby&name=reader&since=0`);
  const welcome = JSON.parse((await reader.next()).text);
  const lines = [...welcome.history];
  while ((lines.at(-1)?.seq ?? 0) < newest) {
    const message = JSON.parse((await reader.next()).text);
    if (message.type === "line") lines.push(message);
  }
  return lines;
}

test("chat: a server is taken over three times under talk, and every line that was acknowledged is kept once, in order",
  { timeout: 120_000 }, async (t) => {
    const place = folder(t);
    const args = ["--quiet", "--log-level", "warn", "--listen", "tcp:127.0.0.1:0", "--take-over", join(place, "take-over"),
      "--processor", "chat", "--database", join(place, "chat.db"), "--drain-timeout", "60"];
    let server = await launchProgram(t, process.env.TRILOOP_BINARY, args);
    const { wsUrl } = server;
    const talkers = Array.from({ length: TALKERS }, (_, i) => new Talker(wsUrl, `t${i}`));
    const failed = Promise.all(talkers.map((talker) => talker.done)).then(() => new Promise(() => {}));
    for (let time = 1; time <= 3; time += 1) {
      const before = talkers.map((talker) => talker.kept.size);
      await Promise.race([failed, eventually(PATIENCE_MS, () =>
        talkers.forEach((talker, i) => assert.ok(talker.kept.size >= before[i] + 20)))]);
      const next = await launchProgram(t, process.env.TRILOOP_BINARY, args);
      assert.deepEqual(await Promise.race([failed, within(PATIENCE_MS, server.exited, "the old one ends")]), { code: 0, signal: null });
      assert.equal(server.stderr(), "");
      server = next;
    }
    talkers.forEach((talker) => { talker.stops = true; });
    await within(PATIENCE_MS, Promise.all(talkers.map((talker) => talker.done)), "all to be kept");

    const newest = Math.max(...talkers.flatMap((talker) => [...talker.kept.values()]));
    const lines = await history(t, wsUrl, newest);
    assert.deepEqual(lines.map(({ seq }) => seq), Array.from({ length: lines.length }, (_, i) => i + 1));
    for (const talker of talkers) {
      assert.ok(talker.comesBack >= 3);
      const mine = lines.filter(({ name }) => name === talker.name);
      assert.deepEqual(mine.map(({ text }) => text), Array.from({ length: talker.said }, (_, i) => `${talker.name} ${i}`));
      mine.forEach(({ seq, id }) => assert.equal(talker.kept.get(Number(id)), seq));
    }
    // Who is back early may not hear what the old one still keeps: see docs/operations.md. But nothing twice.
    for (const talker of talkers) {
      for (const texts of talker.heard.values()) assert.equal(texts.length, 1, `heard twice: ${texts}`);
    }
    t.diagnostic(`${lines.length} lines`);
  });
