// triloop's own: dial --reconnect. A line that waits for a connection is the first on the next one.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const args = ["dial", "--reconnect", "1000000", "--log-level", "info", process.argv[2]];
const dial = spawn(process.env.TRILOOP_BINARY, args);

let hellos = 0;
const greet = () => dial.stdin.write(`hello ${++hellos}\n`);
greet();

createInterface(dial.stdout).on("line", (line) => console.log(line.replace("hello", "echo")));
createInterface(dial.stderr).on("line", (line) => {
  if (/ \[\d+\] open: /.test(line)) console.log("open");
  const closed = / \[\d+\] closed by \S+, (\d+)/.exec(line);
  if (closed) console.log(`closed ${closed[1]}`);
  if (closed) greet();
});
