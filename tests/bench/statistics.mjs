// Medians, their spread, and what can be said for certain. Ratios are taken round by round, since rounds see the same machine.

const DOUBT = 0.05; // an interval of 95 %
export const LEAST_PAIRS = 7;

const median = (sorted) => {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};
const ascending = (numbers) => [...numbers].sort((a, b) => a - b);

export function spread(numbers) {
  const sorted = ascending(numbers);
  return { median: median(sorted), least: sorted[0], most: sorted.at(-1), count: sorted.length };
}

/**
 * How many of the means of two are cut off at either end: the quantile of Wilcoxon's signed ranks. Each of
 * the 2^n choices of signs is as likely as any other.
 */
function cutOff(n) {
  let ways = [1]; // of each sum of ranks
  for (let rank = 1; rank <= n; rank += 1) {
    const longer = new Array(ways.length + rank).fill(0);
    ways.forEach((count, sum) => {
      longer[sum] += count;
      longer[sum + rank] += count;
    });
    ways = longer;
  }
  let chance = 0;
  let sum = 0;
  for (; ; sum += 1) {
    chance += ways[sum] / 2 ** n;
    if (chance > DOUBT / 2) return sum;
  }
}

/**
 * The 95 % confidence interval of what the numbers scatter around, from the means of any two of them
 * (Wilcoxon's signed ranks, Hodges and Lehmann): one round that was disturbed moves it little.
 * undefined if they are too few to say anything.
 */
export function interval(numbers) {
  const cut = cutOff(numbers.length);
  if (cut === 0) return undefined;
  const means = ascending(numbers.flatMap((a, i) => numbers.slice(i).map((b) => (a + b) / 2)));
  return { low: means[cut - 1], high: means.at(-cut) };
}

/** undefined unless both have a figure in every round. */
export function ratio(numerators, denominators, figure) {
  if (!numerators || !denominators) return undefined;
  const ratios = numerators.map((run, round) => figure(run) / figure(denominators[round]));
  if (!ratios.every((value) => Number.isFinite(value) && value > 0)) return undefined;
  const found = interval(ratios.map(Math.log)); // twice and half are equally far from 1
  return { ...spread(ratios), ...(found && { low: Math.exp(found.low), high: Math.exp(found.high) }) };
}

export function absolute(runs, figure) {
  if (!runs) return undefined;
  const numbers = runs.map(figure);
  return numbers.every(Number.isFinite) ? { ...spread(numbers), ...interval(numbers) } : undefined;
}

/** Whether a value is on the right side of the bounds, as far as its interval tells: it is "open" when the interval has a bound in it. */
export function outcomeOf(value, { least = -Infinity, most = Infinity }) {
  if (!value) return "not run";
  if (value.count < LEAST_PAIRS || value.low === undefined) return "open";
  if (value.low >= least && value.high <= most) return "reached";
  return value.high < least || value.low > most ? "not reached" : "open";
}

/** "Worse" is only what cannot be as good as the bounds. */
export const isWorse = (value, bounds) => outcomeOf(value, bounds) === "not reached";
