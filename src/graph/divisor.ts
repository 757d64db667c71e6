/** Divisors, for lowerings that cut a long axis into equal parts. */

/** The largest divisor of `n` that is at most `most`. */
export function largestDivisor(n: number, most: number): number {
  for (let divisor = Math.min(n, most); divisor > 1; divisor--) if (n % divisor === 0) return divisor;
  return 1;
}
