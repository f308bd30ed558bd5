export default [
  {
    id: "ruby-faye",
    name: "faye-websocket (Ruby)",
    language: "Ruby",
    packages: ["ruby-faye-websocket", "ruby"],
    run: ["ruby", "faye_websocket.rb"],
    can: { ping: true, emptyClose: false },
    know: [
      "It tells code and reason of a Close, and answers pings by itself as long as EventMachine's loop runs. `close` without a code sends 1000; what arrives after `close` is dropped.",
      "A message of more than 64 MiB ends the connection with 1009, unless the option `max_length` says otherwise.",
      "It compresses only with the gem `permessage_deflate`, which Debian has not. It does not reconnect.",
      "What is binary is an array of numbers, a `String` is sent as text: 10 MiB of binary take this client seconds.",
    ],
  },
];
