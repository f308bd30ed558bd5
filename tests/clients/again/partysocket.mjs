// partysocket, over node's ws.
import { WebSocket as PartySocket } from "partysocket";
import WebSocket from "ws";

let hellos = 0;
const socket = new PartySocket(process.argv[2], [], { WebSocket });

socket.addEventListener("open", () => {
  console.log("open");
  socket.send(`hello ${++hellos}`);
});
socket.addEventListener("message", ({ data }) => console.log(data.replace("hello", "echo")));
socket.addEventListener("close", ({ code }) => console.log(`closed ${code}`));
