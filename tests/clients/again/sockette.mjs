// sockette, over node's ws: it takes the global WebSocket.
import Sockette from "sockette";
import WebSocket from "ws";

globalThis.WebSocket = WebSocket;
let hellos = 0;

new Sockette(process.argv[2], {
  onopen({ target }) {
    console.log("open");
    target.send(`hello ${++hellos}`);
  },
  onmessage: ({ data }) => console.log(data.replace("hello", "echo")),
  onclose: ({ code }) => console.log(`closed ${code}`),
});
setInterval(() => {}, 1000); // a page does not end either when it has nothing more to do
