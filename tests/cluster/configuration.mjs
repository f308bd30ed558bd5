// What NATS and HAProxy are told: their configuration files, as text.

/**
 * One node of the engine. `routes` are the places of all nodes; with a single one there is no cluster, and
 * nobody to elect.
 */
export function natsConfiguration({ name, address, port, monitoring, routing, routes, store }) {
  const lines = [
    `server_name: ${name}`,
    `listen: "${address}:${port}"`,
    `http: "${address}:${monitoring}"`,
    // As much as the streams reserve, and not what the disk has: one that turns out to be too small is a fault
    // of the check.
    `jetstream { store_dir: "${store}", max_file_store: 64GB, max_memory_store: 64MB }`,
  ];
  if (routes.length > 1) {
    // Without no_advertise each node tells its clients where the others are, and they would go there past
    // what stands between.
    lines.push("cluster {", "  name: triloop", `  listen: "${address}:${routing}"`, "  no_advertise: true",
      `  routes: [${routes.map((route) => `"nats://${route}"`).join(", ")}]`, "}");
  }
  return `${lines.join("\n")}\n`;
}

/** HAProxy in front of `servers`, each { name, address, port }. */
export function haproxyConfiguration({ address, port, servers }) {
  return `global
  log stderr format raw local0 notice

defaults
  mode http
  log global
  timeout connect 2s        # a machine that is gone does not even refuse
  timeout http-request 10s
  timeout client 30s        # these two are for HTTP: once it is a WebSocket, only timeout tunnel counts
  timeout server 30s
  timeout tunnel 1h         # the server's pings say sooner than this that a member is gone
  timeout client-fin 10s    # of a WebSocket that one side has left
  timeout server-fin 10s

frontend members
  bind ${address}:${port}
  http-request deny deny_status 403 if { path_beg /inspect }
  http-request set-header X-Forwarded-For %[src]
  http-response set-header X-Served-By %s  # for whoever asks which of them a member is on
  default_backend servers

# Who comes again may come to any server: no stickiness. They go where the fewest are, so that a server
# that has been started again fills up.
backend servers
  balance leastconn
  # A server that has died since it was last looked at: the next try is another, at once. A handshake may
  # be asked for twice, as the server takes who comes with the same token for the same person.
  retries 3
  option redispatch 1
  retry-on conn-failure empty-response 503
  # Ready, and not only alive: one that drains lives, and is to get nobody new. /healthz is what an
  # orchestrator would restart it by. Those who are there stay: no on-marked-down shutdown-sessions.
  option httpchk
  http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host localhost
  http-check expect status 200
  default-server check inter 1s fastinter 200ms downinter 500ms fall 2 rise 1
${servers.map((server) => `  server ${server.name} ${server.address}:${server.port}`).join("\n")}
`;
}
