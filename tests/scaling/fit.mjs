// Least squares of the relative error, with no negative parameter: what costs CPU costs some of it, or none.

const MOST_ROUNDS = 100_000;
const STILL = 1e-12;

/**
 * `rows`: { features: { name: number }, measured: number }. Finds the parameters with which the sum of feature times
 * parameter is closest to what was measured, a row's share of the error being relative to it. Each parameter in turn is
 * put where the error is least while the others stay, until none moves; the error is convex, so there is one such place.
 */
export function fit(rows, names) {
  const scaled = rows.map(({ features, measured }) => names.map((name) => features[name] / measured));
  const parameters = names.map(() => 0);
  const rest = rows.map(() => 1);
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    let moved = 0;
    names.forEach((_, j) => {
      const weight = scaled.reduce((sum, row) => sum + row[j] ** 2, 0);
      if (weight === 0) return;
      const wanted = parameters[j] + scaled.reduce((sum, row, i) => sum + row[j] * rest[i], 0) / weight;
      const step = Math.max(0, wanted) - parameters[j];
      parameters[j] += step;
      scaled.forEach((row, i) => { rest[i] -= row[j] * step; });
      moved += step ** 2 * weight;
    });
    if (moved < STILL) break;
  }
  return Object.fromEntries(names.map((name, j) => [name, parameters[j]]));
}

/** The line through points, of least relative error: what each costs, and what there is without any. */
export function fitLine(points) {
  return fit(points.map(({ x, y }) => ({ features: { each: x, base: 1 }, measured: y })), ["each", "base"]);
}
