/** What every loss must satisfy, whatever it is. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type CaseValues,
  compileLosses,
  evaluateLosses,
  type LossGraph,
  numbers,
  type Outcome,
} from './losses.fixture.js';
import { listLosses } from './registry.js';

const variants = {
  segmentation: [
    ...[
      'bce(posWeight=3, labelSmoothing=0.1)',
      'dice(smooth=1, pool=batch)',
      'dice(squared=true, logCosh=true)',
    ],
    ...[
      'tversky(alpha=0.6, beta=0.5, gamma=0.75)',
      'tversky(pool=batch, gamma=2)',
      'focal(gamma=0.5)',
      'focal(gamma=0)',
    ],
    'bce + log(1 + dice)',
  ],
  depth: [
    ...['rmse(pool=image)', 'berhu(threshold=0.9)', 'grad(kernel=forward, scales=3)', 'grad(scales=2)'],
    ...['ssim(windows=[3])', 'silog(lambda=1)', 'sqrt(l1)', 'log(mse) + sqrt(ssim)'],
  ],
};
const losses = (task: 'segmentation' | 'depth') => [
  ...listLosses()
    .filter((loss) => loss.task === task)
    .map(({ name }) => name),
  ...variants[task],
];

const shape = [3, 1, 7, 6];
const perImage = 42;
const size = 3 * perImage;

/** The largest difference to `expected`, relative to its largest value. */
const gradientDistance = ({ gradient }: Outcome, expected: ArrayLike<number>) =>
  Math.max(...gradient.map((slope, i) => Math.abs(slope - expected[i]))) /
  Math.max(...Array.from(expected, Math.abs));

function ordinary(task: 'segmentation' | 'depth'): CaseValues {
  const target = numbers(size, 2);
  return {
    logits: numbers(size, 11, -3, 3),
    target: task === 'segmentation' ? target.map((t) => Number(t > 0.6)) : target.map((t) => 0.05 + 0.9 * t),
    image: numbers(3 * size, 3),
    distance: numbers(size, 4, -3, 3),
  };
}

const finite = (values: readonly number[]) => values.every(Number.isFinite);

describe.each(['segmentation', 'depth'] as const)('%s', (task) => {
  const names = losses(task);
  const base = ordinary(task);
  const holes = numbers(size, 5).map((v) => Number(v > 0.25));
  let whole: LossGraph;
  let withGaps: LossGraph;

  beforeAll(async () => {
    whole = await compileLosses(task, names, shape);
    withGaps = await compileLosses(task, names, shape, { valid: true });
  });
  afterAll(async () => {
    await whole.dispose();
    await withGaps.dispose();
  });

  it('the gradient is the slope', async () => {
    const logits = Float32Array.from(base.logits);
    const analytic = await whole.run(base);
    const error = logits.map((x, i) => Math.abs(1 / (1 + Math.exp(-x)) - base.target[i]));
    // BerHu holds its threshold constant, which moving the largest error would change.
    const largest = error.indexOf(Math.max(...error));
    // Small, so that no pixel of these crosses a kink of an absolute value.
    const h = 0.004;
    for (const pixel of [0, 1, 6, 17, 35, 41, 42, 58, 83, 84, 100, 110, 125].filter((i) => i !== largest)) {
      const at = async (offset: number) => {
        const moved = logits.slice();
        moved[pixel] += offset;
        return whole.run({ ...base, logits: moved });
      };
      const [right, left, farRight, farLeft] = [await at(h), await at(-h), await at(2 * h), await at(-2 * h)];
      for (const name of names) {
        const near = right[name].value - left[name].value;
        const far = farRight[name].value - farLeft[name].value;
        const slope = (8 * near - far) / (12 * h);
        const scale = Math.max(...analytic[name].gradient.map(Math.abs));
        expect(Math.abs(analytic[name].gradient[pixel] - slope) / scale, `${name} at ${pixel}`).toBeLessThan(
          0.01,
        );
      }
    }
  });

  it('a map of ones is no map', async () => {
    const [a, b] = [
      await whole.run(base),
      await withGaps.run({ ...base, valid: new Float32Array(size).fill(1) }),
    ];
    for (const name of names) {
      expect(a[name].value, name).toBeCloseTo(b[name].value, 5);
      expect(gradientDistance(a[name], b[name].gradient), name).toBeLessThan(1e-5);
    }
  });

  it('garbage at invalid pixels changes nothing and gets no gradient', async () => {
    const clean = await withGaps.run({ ...base, valid: holes });
    const spoil = (values: ArrayLike<number>, garbage: readonly number[]) =>
      Float32Array.from(values, (value, i) => (holes[i] ? value : garbage[i % garbage.length]));
    const spoilt = await withGaps.run({
      ...base,
      valid: holes,
      logits: spoil(base.logits, [1e4, -1e4, 37]),
      target: spoil(base.target, [1e6, -7, 255, 0]),
      distance: spoil(base.distance!, [1e6, -1e6]),
    });
    for (const name of names) {
      // Not to the bit: the Lovász hinge sums in sorted order.
      expect(spoilt[name].value, name).toBeCloseTo(clean[name].value, 6);
      expect(gradientDistance(spoilt[name], clean[name].gradient), name).toBeLessThan(1e-6);
      const invalid = spoilt[name].gradient.filter((_, i) => holes[i] === 0);
      expect(
        invalid.every((slope) => slope === 0),
        name,
      ).toBe(true);
    }
  });

  it('no valid pixel: 0, and no gradient', async () => {
    const outcomes = await withGaps.run({ ...base, valid: new Float32Array(size) });
    // A logarithm of nothing has no value to agree on, but is finite.
    for (const name of names) {
      if (!name.startsWith('log')) expect(outcomes[name].value, name).toBe(0);
      expect(
        outcomes[name].gradient.every((slope) => slope === 0),
        name,
      ).toBe(true);
    }
  });

  it('an image without a valid pixel does not count', async () => {
    const valid = new Float32Array(size).fill(1, 0, 2 * perImage);
    const cut = (values: ArrayLike<number>, planes = 1) => Array.from(values).slice(0, 2 * planes * perImage);
    const alone = await evaluateLosses(task, names, [2, 1, 7, 6], {
      logits: cut(base.logits),
      target: cut(base.target),
      image: cut(base.image!, 3),
      distance: cut(base.distance!),
    });
    const outcomes = await withGaps.run({ ...base, valid });
    for (const name of names) expect(outcomes[name].value, name).toBeCloseTo(alone[name].value, 5);
  });

  it('stays finite at extremes', async () => {
    const signs = numbers(size, 6);
    const fill = (value: number) => new Float32Array(size).fill(value);
    const logits = [
      ...[fill(1e4), fill(-1e4), fill(0), fill(40), fill(-40), fill(-100)],
      ...[signs.map((u) => (u < 0.5 ? -1e4 : 1e4)), signs.map((u) => (u < 0.5 ? -17 : 17))],
    ];
    const targets = [fill(0), fill(1), fill(0.5), Float32Array.from(base.target)];
    const one = fill(0);
    one[20] = 1;
    for (const x of logits) {
      for (const target of targets) {
        const cases = [
          await whole.run({ ...base, logits: x, target }),
          await withGaps.run({ ...base, logits: x, target, valid: one }),
          await withGaps.run({ ...base, logits: x, target, valid: fill(0) }),
        ];
        for (const name of names) {
          for (const { value, gradient } of cases.map((outcomes) => outcomes[name])) {
            expect(Number.isFinite(value) && finite(gradient), `${name} at ${x[0]}, ${target[0]}`).toBe(true);
          }
        }
      }
    }
  });

  it('stays finite on soft targets of many pixels, whose sums are rounded, and mcc is not negative', async () => {
    const large = [1, 1, 96, 64];
    const fill = (value: number, planes = 1) => new Float32Array(planes * 96 * 64).fill(value);
    const graph = await compileLosses(task, names, large);
    for (const t of [0.1, 0.3, 0.7, 1 - 2 ** -24]) {
      for (const x of [-100, Math.log(t / (1 - t)), 100]) {
        const outcomes = await graph.run({
          ...{ logits: fill(x), target: fill(t), image: fill(0.5, 3), distance: fill(-1) },
        });
        for (const name of names) {
          const { value, gradient } = outcomes[name];
          expect(Number.isFinite(value) && finite(gradient), `${name} at ${x}, ${t}`).toBe(true);
          if (name === 'mcc') expect(value).toBeGreaterThan(-1e-6);
        }
      }
    }
    await graph.dispose();
  });

  it('does not depend on the order of the batch', async () => {
    const turn = <T extends ArrayLike<number>>(values: T, length = perImage) =>
      Float32Array.from(values, (_, i) => values[(i + length) % values.length]);
    const a = await withGaps.run({ ...base, valid: holes });
    const b = await withGaps.run({
      logits: turn(base.logits),
      target: turn(base.target),
      image: turn(base.image!, 3 * perImage),
      distance: turn(base.distance!),
      valid: turn(holes),
    });
    for (const name of names) {
      expect(b[name].value, name).toBeCloseTo(a[name].value, 5);
      expect(gradientDistance(b[name], turn(a[name].gradient)), name).toBeLessThan(1e-5);
    }
  });

  it('is never negative, but for the boundary loss and logarithms', async () => {
    const floats = (min: number, max: number) =>
      fc.array(fc.float({ min, max, noNaN: true }), { minLength: size, maxLength: size });
    await fc.assert(
      fc.asyncProperty(floats(-60, 60), floats(0, 1), fc.boolean(), async (x, t, hard) => {
        const target = task === 'segmentation' && hard ? t.map((value) => Number(value > 0.5)) : t;
        const outcomes = await withGaps.run({ ...base, logits: x, target, valid: holes });
        for (const name of names.filter((each) => each !== 'boundary' && !each.startsWith('log'))) {
          const { value, gradient } = outcomes[name];
          expect(value, name).toBeGreaterThanOrEqual(-1e-6);
          expect(finite(gradient), name).toBe(true);
        }
      }),
      { numRuns: 25, seed: 1 },
    );
  });
});
