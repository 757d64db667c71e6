import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeSchedule, type ScheduleOptions } from './schedules.js';

const options: ScheduleOptions = {
  kind: 'one-cycle',
  maxLr: 0.02,
  pctStart: 0.3,
  divFactor: 25,
  finalDivFactor: 1e4,
};

describe('makeSchedule', () => {
  it('one-cycle begins at maxLr/25, peaks at 30 %, ends at a ten-thousandth of its beginning', () => {
    const rate = makeSchedule(options, 1);
    expect(rate(1, 100)).toBeCloseTo(0.0008, 12);
    expect(rate(30, 100)).toBeCloseTo(0.02, 12);
    expect(rate(65, 100)).toBeCloseTo((0.02 + 8e-8) / 2, 12);
    expect(rate(100, 100)).toBeCloseTo(8e-8, 15);
  });

  it('one-cycle stays between its ends for any number of steps', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (total, pctStart) => {
          const rate = makeSchedule({ ...options, pctStart }, 1);
          for (let step = 1; step <= total; step++) {
            expect(rate(step, total)).toBeGreaterThanOrEqual(8e-8 * (1 - 1e-9));
            expect(rate(step, total)).toBeLessThanOrEqual(0.02);
          }
        },
      ),
    );
  });

  it('cosine falls from lr towards 0, constant stays', () => {
    const cosine = makeSchedule({ ...options, kind: 'cosine' }, 0.1);
    expect(cosine(1, 10)).toBeCloseTo(0.1, 12);
    expect(cosine(6, 10)).toBeCloseTo(0.05, 12);
    expect(cosine(11, 10)).toBeCloseTo(0, 12);
    expect(makeSchedule({ ...options, kind: 'constant' }, 0.1)(7, 10)).toBe(0.1);
  });
});
