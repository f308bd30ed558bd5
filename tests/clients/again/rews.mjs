// rews, over node's ws.
import { ReconnectingWebSocket } from "@nktkas/rews";
import WebSocket from "ws";

let hellos = 0;
const socket = new ReconnectingWebSocket(process.argv[2], { WebSocket });

socket.addEventListener("open", () => {
  console.log("open");
  socket.send(`hello ${++hellos}`);
});
socket.addEventListener("message", ({ data }) => console.log(data.replace("hello", "echo")));
socket.addEventListener("close", ({ code }) => console.log(`closed ${code}`));
setInterval(() => {}, 1000); // a page does not end either when it has nothing more to do
