// Starts a program with sockets that listen already, as systemd does (sd_listen_fds(3)).
// Python: node cannot give a child a socket that listens.

const START = `
import os, socket, sys
count = int(sys.argv[1])
sockets = []
for i in range(count):
    one = socket.create_server(("127.0.0.1", 0))
    os.dup2(one.fileno(), 3 + i) if one.fileno() != 3 + i else os.set_inheritable(3 + i, True)
    sockets.append(one)
os.environ.update(LISTEN_FDS=str(count), LISTEN_PID=str(os.getpid()))
os.execvp(sys.argv[2], sys.argv[2:])`;

/** The command that runs `program` with `count` of them. */
export const withSockets = (count, ...program) => ["python3", ["-c", START, String(count), ...program]];
