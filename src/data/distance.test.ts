import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sample } from './dataset.js';
import { signedDistance, stackDistances } from './distance.js';

const map = (rows: readonly string[]) => {
  const pixels = [...rows.join('')];
  const mask = Uint8Array.from(pixels, (pixel) => (pixel === '#' ? 255 : 0));
  const maskValid = Uint8Array.from(pixels, (pixel) => (pixel === '?' ? 0 : 1));
  return Array.from(signedDistance({ mask, maskValid }, rows[0].length));
};

/** The definition, pixel by pixel against every other. */
function bruteForce(mask: Uint8Array, maskValid: Uint8Array, width: number): number[] {
  const nearest = (i: number, foreground: boolean) => {
    let best = Number.POSITIVE_INFINITY;
    for (let j = 0; j < mask.length; j++) {
      if (!maskValid[j] || mask[j] >= 128 !== foreground) continue;
      const dy = Math.floor(i / width) - Math.floor(j / width);
      best = Math.min(best, Math.hypot((i % width) - (j % width), dy));
    }
    return best;
  };
  const maps = Array.from(mask, (value, i) => {
    if (!maskValid[i]) return 0;
    return value >= 128 ? 1 - nearest(i, false) : nearest(i, true);
  });
  return maps.every(Number.isFinite) ? maps : maps.map(() => 0);
}

describe('signedDistance', () => {
  it('is what one computes by hand', () => {
    expect(map(['##..'])).toEqual([-1, 0, 1, 2]);
    const r2 = Math.fround(Math.SQRT2);
    expect(map(['...', '.#.', '...'])).toEqual([r2, 1, r2, 1, 0, 1, r2, 1, r2]);
    expect(map(['#####', '#####', '##.##', '#####', '#####'])[0]).toBeCloseTo(1 - Math.sqrt(8), 6);
  });

  it('has no boundary in an empty and in a full mask', () => {
    expect(map(['..', '..'])).toEqual([0, 0, 0, 0]);
    expect(map(['##', '##'])).toEqual([0, 0, 0, 0]);
    expect(map(['##', '#?'])).toEqual([0, 0, 0, 0]);
    expect(map(['??'])).toEqual([0, 0]);
  });

  it('takes invalid pixels for neither', () => {
    expect(map(['#?..'])).toEqual([-1, 0, 2, 3]);
  });

  it('agrees with brute force on any mask', () => {
    const masks = fc.integer({ min: 1, max: 9 }).chain((width) =>
      fc.integer({ min: 1, max: 9 }).chain((height) => {
        const plane = (max: number) =>
          fc.array(fc.integer({ min: 0, max }), { minLength: width * height, maxLength: width * height });
        return fc.tuple(fc.constant(width), plane(255), plane(4));
      }),
    );
    fc.assert(
      fc.property(masks, ([width, values, valid]) => {
        const mask = Uint8Array.from(values);
        const maskValid = Uint8Array.from(valid, (value) => (value > 0 ? 1 : 0));
        const expected = bruteForce(mask, maskValid, width);
        const actual = signedDistance({ mask, maskValid }, width);
        for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 5);
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});

it('stackDistances puts maps one after another', () => {
  const sample = (...mask: number[]) =>
    ({ mask: Uint8Array.from(mask), maskValid: new Uint8Array(mask.length).fill(1) }) as unknown as Sample;
  const samples = [sample(255, 0, 0), sample(0, 0, 255)];
  expect(Array.from(stackDistances(samples, 3))).toEqual([0, 1, 2, 2, 1, 0]);
});
