import { describe, expect, it } from 'vitest';
import { createFigure } from './figure.js';
import { createRandom } from './random.js';

describe('createFigure', () => {
  it('stands on the floor, where it was put, at the height of a person', () => {
    for (let seed = 0; seed < 100; seed++) {
      const { low, high } = createFigure(createRandom(seed), 2, 3, seed);
      expect(Math.abs(low[1])).toBeLessThan(0.03);
      expect(high[1]).toBeGreaterThan(1);
      expect(high[1]).toBeLessThan(2.5);
      for (const [axis, middle] of [
        [0, 2],
        [2, 3],
      ]) {
        expect(low[axis]).toBeLessThan(middle);
        expect(high[axis]).toBeGreaterThan(middle);
        expect(high[axis] - low[axis]).toBeLessThan(2);
      }
    }
  });
});
