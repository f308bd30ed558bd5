"use strict";

// How all pages write a close event, the time of day on 24 hours, and large numbers.
(() => {
  const triloop = (window.triloop ??= {});

  const CLOSE_CODES = {
    1000: "normal closure",
    1001: "going away",
    1002: "protocol error",
    1003: "unsupported data",
    1005: "no code given",
    1006: "no close frame",
    1007: "invalid text",
    1008: "against the server's policy",
    1009: "message too big",
    1011: "failure in the server",
    1012: "server restarts",
    1013: "try again later",
  };

  triloop.closeWords = ({ code, reason, wasClean }) => {
    const meaning = CLOSE_CODES[code] ? ` (${CLOSE_CODES[code]})` : "";
    const because = reason ? `, reason “${reason}”` : "";
    return `code ${code}${meaning}${because}, ${wasClean ? "clean" : "not clean"}`;
  };

  triloop.grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f");

  /** What the server sends by itself. */
  triloop.HEARTBEAT = "heartbeat from server";

  const two = (number) => String(number).padStart(2, "0");

  triloop.clock = (date) => `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;

  triloop.day = (date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
})();
