// sturdy-websocket, over node's ws.
import sturdy from "sturdy-websocket";
import WebSocket from "ws";

let hellos = 0;
const socket = new sturdy.default(process.argv[2], { wsConstructor: WebSocket });

function greet() {
  console.log("open");
  socket.send(`hello ${++hellos}`);
}
socket.onopen = greet;
socket.onreopen = greet;
socket.onmessage = ({ data }) => console.log(data.replace("hello", "echo"));
socket.ondown = (event) => console.log(`closed ${event?.code ?? "-"}`); // none where it has given up an attempt
