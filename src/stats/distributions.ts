/** Tails and quantiles of the normal and Student's t distribution. */

/**
 * P(Z > z) for a standard normal Z and z ≥ 0, to about 1e-14 relative: by the series of Φ below 3
 * (Abramowitz & Stegun 26.2.11), beyond by the continued fraction of the tail (26.2.14).
 *
 * @example normalTail(1.959964) // 0.025
 */
export function normalTail(z: number): number {
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z < 3) {
    let term = z;
    let sum = z;
    for (let n = 1; n < 100 && term > sum * 1e-17; n++) sum += term *= (z * z) / (2 * n + 1);
    return 0.5 - density * sum;
  }
  let fraction = z;
  for (let n = 100; n >= 1; n--) fraction = z + n / fraction;
  return density / fraction;
}

/**
 * P(|T| > t) for Student's t with a whole number of degrees of freedom, to about 1e-15 absolute, by the finite sums
 * in cos(atan(t/√ν)) of Abramowitz & Stegun 26.7.3 and 26.7.4.
 *
 * @example studentTail(2.776445, 4) // 0.05
 */
export function studentTail(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees));
  const odd = degrees % 2 === 1;
  const cosine = Math.cos(angle);
  let term = odd ? cosine : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let k = odd ? 3 : 2; k <= degrees - 2; k += 2) sum += term *= (cosine * cosine * (k - 1)) / k;
  const inside = odd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
  return Math.max(0, 1 - inside);
}

/** Where a falling function of x ≥ 0 reaches `value`, by bisection. */
function invert(falling: (x: number) => number, value: number): number {
  let high = 1;
  while (falling(high) > value && high < 1e12) high *= 2;
  let low = 0;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (falling(middle) > value) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * The z with P(|Z| > z) = `p`, for p from 1e-14 to 1.
 *
 * @example normalQuantile(0.05) // 1.959964
 */
export const normalQuantile = (p: number): number => invert((z) => 2 * normalTail(z), p);

/**
 * The t with P(|T| > t) = `p`, for p from 1e-14 to 1 and a whole number of degrees of freedom.
 *
 * @example studentQuantile(0.05, 4) // 2.776445
 */
export const studentQuantile = (p: number, degrees: number): number =>
  invert((t) => studentTail(t, degrees), p);
