// Stands between a client and the server, and puts a frame of its own behind the client's so many messages: for what no
// client can be made to send.

import { once } from "node:events";
import net from "node:net";
import { Opcode, frame, frameAt } from "../faults/raw_peer.mjs";

/** Gives a port; of each connection to it the bytes `injected` follow the `count`th data frame. */
export async function injectingRelay(t, port, count, injected) {
  const relay = net.createServer((client) => {
    const server = net.connect(port, "127.0.0.1");
    let kept = Buffer.alloc(0), frames = 0, upgraded = false;
    client.on("data", (bytes) => {
      kept = Buffer.concat([kept, bytes]);
      let end = 0;
      if (!upgraded) {
        const head = kept.indexOf("\r\n\r\n");
        if (head < 0) return;
        upgraded = true;
        end = head + 4;
      }
      for (let one; frames < count && (one = frameAt(kept, end));) {
        end = one.end;
        if (one.opcode < Opcode.close) frames += 1;
      }
      if (frames < count) {
        server.write(kept.subarray(0, end));
        kept = kept.subarray(end);
      } else {
        server.write(Buffer.concat([kept.subarray(0, end), injected, kept.subarray(end)]));
        kept = Buffer.alloc(0);
        injected = Buffer.alloc(0);
      }
    });
    server.pipe(client);
    client.on("end", () => server.end());
    for (const socket of [client, server]) socket.on("error", () => [client, server].forEach((each) => each.destroy()));
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  t.after(() => relay.close());
  return relay.address().port;
}

/** A masked text frame that is no UTF-8. */
export const NO_TEXT = frame(Opcode.text, Buffer.from([0xff]));
