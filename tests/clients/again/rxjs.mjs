// RxJS: webSocket and retry, over node's ws.
import { retry } from "rxjs";
import { webSocket } from "rxjs/webSocket";
import WebSocket from "ws";

let hellos = 0;
const subject = webSocket({
  url: process.argv[2],
  WebSocketCtor: WebSocket,
  serializer: String,
  deserializer: ({ data }) => data,
  openObserver: {
    next() {
      console.log("open");
      subject.next(`hello ${++hellos}`);
    },
  },
  closeObserver: { next: ({ code }) => console.log(`closed ${code}`) },
});

subject.pipe(retry({ delay: 1000 })).subscribe((data) => console.log(data.replace("hello", "echo")));
setInterval(() => {}, 1000); // a page does not end either when it has nothing more to do
