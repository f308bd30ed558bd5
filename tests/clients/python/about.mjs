const python = (id, program, entry) => ({ id, language: "Python", run: ["/usr/bin/python3", program], ...entry });

export default [
  python("websockets", "websockets_client.py", {
    name: "websockets",
    packages: ["python3-websockets"],
    can: { compress: ["on", "no-context", "client-no-context", "small-windows"], fragments: true, ping: true, clean: true,
      emptyClose: false },
    know: [],
  }),
  python("aiohttp", "aiohttp_client.py", {
    name: "aiohttp",
    packages: ["python3-aiohttp"],
    can: { compress: ["on", "small-windows"], ping: true, emptyClose: false },
    know: [],
  }),
  python("tornado", "tornado_client.py", {
    name: "tornado",
    packages: ["python3-tornado"],
    can: { compress: ["on"] },
    know: [],
  }),
];
