// Medians and their spread. Ratios are taken round by round, since rounds see the same machine.

export function spread(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, least: sorted[0], most: sorted.at(-1) };
}

/** undefined unless both have a figure in every round. */
export function ratio(numerators, denominators, figure) {
  if (!numerators || !denominators) return undefined;
  const ratios = numerators.map((run, round) => figure(run) / figure(denominators[round]));
  return ratios.every(Number.isFinite) ? spread(ratios) : undefined;
}

export function absolute(runs, figure) {
  if (!runs) return undefined;
  const numbers = runs.map(figure);
  return numbers.every(Number.isFinite) ? spread(numbers) : undefined;
}

/** What became of a target: its measured value, and whether the median reached it. */
export function judge(target, results, failed, figure) {
  if (failed[target.row]) return { outcome: "failed" };
  const runs = results[target.row];
  const pair = [runs?.triloop, runs?.[target.peer]];
  if (target.inverse) pair.reverse();
  const value = target.peer ? ratio(...pair, figure) : absolute(runs?.triloop, figure);
  if (!value) return { outcome: "not run" };
  const isReached = value.median >= (target.least ?? -Infinity) && value.median <= (target.most ?? Infinity);
  return { value, outcome: isReached ? "reached" : "not reached" };
}
