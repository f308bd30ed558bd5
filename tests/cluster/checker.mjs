// Judges what the members of a chat have seen against what was promised: a line that was acknowledged reaches
// every member of its room exactly once, and in the same order for all.
//
// It is told what happened as it happens, and finds at once what can be seen from one member alone. What is
// lost, and whether all agree, is judged when all have caught up.

const MOST_EXAMPLES = 5;

const keyOf = (name, id) => JSON.stringify([name, id]);
const quote = (text) => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
const some = (things) => things.slice(0, MOST_EXAMPLES).join(", ") + (things.length > MOST_EXAMPLES ? ", ..." : "");

export class Checker {
  #said = new Map(); // by sender and id: { room, name, id, text, seq }, seq once it was acknowledged
  #members = new Map(); // { name, room, from, reached, isHere, since, lines, seqs }
  #rooms = new Map(); // { lines: by seq, what anybody has; last: the last seq known to be kept }
  #faults = [];
  #told = new Set();

  #room(name) {
    if (!this.#rooms.has(name)) this.#rooms.set(name, { lines: new Map(), last: 0 });
    return this.#rooms.get(name);
  }

  #fault(kind, text) {
    const whole = `${kind}: ${text}`;
    if (this.#told.has(whole)) return;
    this.#told.add(whole);
    this.#faults.push({ kind, text: whole });
  }

  // -- What happens ----------------------------------------------------------------------------------

  /** Before it is sent for the first time; not again when it is sent again. */
  says(room, name, id, text) {
    this.#said.set(keyOf(name, id), { room, name, id, text });
  }

  /** The sender was told that its line is kept. */
  kept(name, id, seq) {
    const line = this.#said.get(keyOf(name, id));
    if (!line) return this.#fault("never said", `${name} was told that ${id} is kept`);
    if (line.seq !== undefined && line.seq !== seq) {
      this.#fault("another seq", `${name}'s ${id} was acknowledged as ${line.seq}, then as ${seq}`);
    }
    line.seq ??= seq;
    const room = this.#room(line.room);
    room.last = Math.max(room.last, seq);
  }

  /**
   * A member was welcomed, and knows all up to `seq`; the history it was sent follows as lines. `since` is
   * what it asked for, if it was here before.
   */
  enters(name, room, seq, since) {
    const member = this.#members.get(name);
    if (member) {
      Object.assign(member, { isHere: true, since });
      return;
    }
    this.#members.set(name, { name, room, from: seq, reached: seq, isHere: true, lines: [], seqs: new Set() });
  }

  /** It went, not to come again: nothing is owed to it any more. */
  leaves(name) {
    const member = this.#members.get(name);
    if (member) member.isHere = false;
  }

  /** It was told that lines are missing, or that the history is another one. */
  misses(name) {
    this.#fault("gap", `${name} was told that lines are missing`);
  }

  /** It was sent what the protocol does not have. */
  wonders(name, text) {
    this.#fault("protocol", `${name}: ${text}`);
  }

  receives(name, { seq, name: sender, id, text }) {
    const member = this.#members.get(name);
    const line = { seq, sender, id, text };
    if (member.seqs.has(seq)) {
      if (member.since !== undefined && seq <= member.since) {
        this.#fault("twice", `${name} came back with since=${member.since} and got ${seq} again`);
      } else {
        this.#fault("twice", `${name} got ${seq} again`);
      }
      return;
    }
    const before = member.lines.at(-1);
    if (before && seq < before.seq) this.#fault("order", `${name} got ${seq} after ${before.seq}`);
    member.seqs.add(seq);
    member.lines.push(line);
    member.from = Math.min(member.from, seq - 1); // the history it was welcomed with
    member.reached = Math.max(member.reached, seq);
    this.#agree(member, line);
  }

  /** The line is one that was said, and the same that all others have under its number. */
  #agree({ name, room: roomName }, line) {
    const { seq, sender, id, text } = line;
    const said = id === undefined ? undefined : this.#said.get(keyOf(sender, id));
    if (!said || said.text !== text || said.room !== roomName) {
      this.#fault("never said", `${name} got ${seq}, ${quote(text)} of ${sender}, which nobody said in ${roomName}`);
    }
    const room = this.#room(roomName);
    const others = room.lines.get(seq);
    if (!others) {
      room.lines.set(seq, line);
      room.last = Math.max(room.last, seq);
    } else if (others.sender !== sender || others.id !== id || others.text !== text) {
      this.#fault("disagree",
        `in ${roomName} ${seq} is ${quote(text)} for ${name}, and ${quote(others.text)} for others`);
    }
  }

  // -- What is asked ---------------------------------------------------------------------------------

  get lines() {
    return this.#said.size;
  }
  get acknowledged() {
    return [...this.#said.values()].filter(({ seq }) => seq !== undefined).length;
  }
  get received() {
    return [...this.#members.values()].reduce((sum, { lines }) => sum + lines.length, 0);
  }

  /** Who is here and has not yet got the last line that its room is known to keep. */
  behind() {
    return [...this.#members.values()]
      .filter(({ isHere, reached, room }) => isHere && reached < this.#room(room).last)
      .map(({ name }) => name);
  }

  /**
   * The faults that were not given before, each { kind, text }. For when nothing is on its way: who lacks
   * a line then has lost it.
   */
  judge() {
    const kept = this.#allKept();
    this.#judgeIds(kept);
    for (const member of this.#members.values()) this.#judgeCompleteness(member, kept.get(member.room) ?? new Map());
    return this.#faults.splice(0);
  }

  /** By room, then by seq: each line that was acknowledged or that anybody has. */
  #allKept() {
    const all = new Map([...this.#rooms].map(([name, { lines }]) => [name, new Map(lines)]));
    for (const { room, name: sender, id, text, seq } of this.#said.values()) {
      if (seq !== undefined && !all.get(room).has(seq)) all.get(room).set(seq, { seq, sender, id, text });
    }
    return all;
  }

  #judgeIds(kept) {
    for (const lines of kept.values()) {
      const seqs = new Map();
      for (const { seq, sender, id } of lines.values()) {
        if (id === undefined) continue;
        const key = keyOf(sender, id);
        const acknowledged = this.#said.get(key)?.seq;
        if (seqs.has(key)) this.#fault("kept twice", `${sender}'s ${id} is ${seqs.get(key)} and ${seq}`);
        else if (acknowledged !== undefined && acknowledged !== seq) {
          this.#fault("another seq", `${sender}'s ${id} was acknowledged as ${acknowledged} and is ${seq}`);
        }
        seqs.set(key, seq);
      }
    }
  }

  /** Owed is all from where it came in; to one that went, up to the last that it saw. */
  #judgeCompleteness({ name, from, reached, isHere, seqs }, kept) {
    const lost = [...kept.keys()].filter((seq) => seq > from && (isHere || seq <= reached) && !seqs.has(seq));
    if (lost.length === 0) return;
    lost.sort((a, b) => a - b);
    this.#fault("lost", `${name} has not got ${lost.length} lines: ${some(lost)}`);
  }
}
