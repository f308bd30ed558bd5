// What became of the targets, and of the rows beside an older build.

import { figureOf, runsOf } from "./kept.mjs";
import { regressions, targets } from "./rows.mjs";
import { absolute, isWorse, outcomeOf, ratio } from "./statistics.mjs";

/** One target: { value, outcome, date }, the date if its figures are of an earlier run. */
export function judge(target, report) {
  if (report.failed?.[target.row]) return { outcome: "failed" };
  if (target.memory) return judgeLook(target, report);
  const found = runsOf(report, target.row, ...["triloop", target.peer].filter(Boolean));
  if (!found) return { outcome: "not run" };
  const figure = figureOf(target.figure);
  const value = target.peer ? ratio(...found.runs, figure) : absolute(found.runs[0], figure);
  return { value, outcome: outcomeOf(value, target), ...(found.date && { date: found.date }) };
}

/** Pages that are counted once, not measured: they do not scatter. */
function judgeLook({ row, memory, most }, report) {
  const median = report.memory?.[row]?.[memory];
  if (median === undefined) return { outcome: "not run" };
  return { value: { median, count: 1 }, outcome: median <= most ? "reached" : "not reached" };
}

export const judgeAll = (report) => targets.map((target) => ({ ...target, ...judge(target, report) }));

/** For each row that an older build was measured in, too: { row, what, value, isWorse }. */
export function judgeBaseline(report, rows) {
  return rows.flatMap((row) => (regressions[row.kind] ?? regressions.rest).flatMap(({ figure, what, ...bounds }) => {
    const runs = report.results[row.name];
    const value = ratio(runs?.triloop, runs?.baseline, figureOf(figure));
    return value ? [{ row: row.name, what, value, isWorse: isWorse(value, bounds), outcome: outcomeOf(value, bounds) }] : [];
  }));
}
