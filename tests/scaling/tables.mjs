// Tables in Markdown, and numbers as they stand in them.

const LEAST_SHOWN = 0.001;
const FROM_HERE_WHOLE = 100;

export function markdown(header, lines) {
  return [header, header.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

export function number(value) {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  if (Math.abs(value) < LEAST_SHOWN) return `< ${LEAST_SHOWN}`;
  if (Math.abs(value) >= FROM_HERE_WHOLE) return Number(value.toPrecision(3)).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}

export const percent = (share) => `${share > 0 ? "+" : ""}${(share * 100).toFixed(0)} %`.replace("+0 %", "0 %").replace("-0 %", "0 %");
