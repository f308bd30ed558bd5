export default [
  {
    id: "ws",
    name: "ws",
    language: "JavaScript (Node.js)",
    npm: "ws",
    run: ["node", "ws.mjs"],
    can: { compress: ["on", "no-context"], fragments: true, ping: true },
    know: [],
    except: {},
  },
];
