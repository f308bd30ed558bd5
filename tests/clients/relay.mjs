// Stands between a client and the server, and puts a frame of its own behind the client's so many messages: for what no
// client can be made to send.

import { once } from "node:events";
import net from "node:net";

/** The length of the frame that begins at `at`, and its opcode; null if its head is not whole (RFC 6455 section 5.2). */
function frameAt(bytes, at) {
  if (bytes.length < at + 2) return null;
  const short = bytes[at + 1] & 0x7f;
  const more = short < 126 ? 0 : short === 126 ? 2 : 8; // bytes of length
  if (bytes.length < at + 2 + more) return null;
  const length = more === 0 ? short : more === 2 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
  const head = 2 + more + 4; // and the key
  return { size: head + length, opcode: bytes[at] & 0x0f };
}

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
      for (let frame; frames < count && (frame = frameAt(kept, end)) && end + frame.size <= kept.length;) {
        end += frame.size;
        if (frame.opcode < 8) frames += 1;
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
export const NO_TEXT = Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0xff]);
