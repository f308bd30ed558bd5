// What a page in any of the browsers does with wss of its own server.

/** Resolves to what the page hears, and to the end that it begins with `code`. `page` is page.mjs's or of engines.mjs. */
export const echoOverWss = (page, code, reason = "") => page.evaluate((closes) => new Promise((resolve, reject) => {
  const socket = new WebSocket(`wss://${location.host}/ws`);
  socket.onopen = () => socket.send("from a browser");
  socket.onerror = () => reject(new Error("no wss"));
  socket.onmessage = ({ data }) => {
    socket.onclose = ({ code, wasClean }) => resolve({ data, code, wasClean });
    socket.close(closes.code, closes.reason);
  };
}), { code, reason });
