import { describe, expect, it } from 'vitest';
import type { Task } from './loss.js';
import { evaluateLosses } from './losses.fixture.js';

const { log, sqrt, abs, cosh } = Math;
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** Logits whose predictions are round numbers. */
const p = [0.5, 0.75, 0.25, 0.9];
const logits = p.map((value) => log(value / (1 - value)));
const shape = [1, 1, 2, 2];

async function check(
  task: Task,
  values: Omit<Parameters<typeof evaluateLosses>[3], 'logits'>,
  expected: Record<string, number>,
) {
  const outcomes = await evaluateLosses(task, Object.keys(expected), shape, { logits, ...values });
  for (const [loss, value] of Object.entries(expected))
    expect(outcomes[loss].value, loss).toBeCloseTo(value, 5);
}

describe('by hand', () => {
  it('segmentation: the right mask has the first row', async () => {
    // I = 1.25, P = 2.4, T = 2, FP = 1.15, FN = 0.75, TN = 0.85.
    const bce = (log(2) + 2 * log(4 / 3) + log(10)) / 4;
    const dice = 1 - 2.5 / 4.4;
    await check(
      'segmentation',
      { target: [1, 1, 0, 0], distance: [-1, -0.5, 0.5, 2] },
      {
        bce,
        'bce(posWeight=2)': (2 * log(2) + 3 * log(4 / 3) + log(10)) / 4,
        // Targets become 0.9 and 0.1.
        'bce(labelSmoothing=0.2)':
          -(log(0.5) + (0.9 * log(0.75) + 0.1 * log(0.25)) * 2 + 0.1 * log(0.9) + 0.9 * log(0.1)) / 4,
        dice,
        'dice(smooth=1)': 1 - 3.5 / 5.4,
        'dice(squared=true)': 1 - 2.5 / (1.685 + 2),
        'dice(logCosh=true)': log(cosh(dice)),
        tversky: 1 - 1.25 / (1.25 + 0.3 * 1.15 + 0.7 * 0.75),
        'tversky(alpha=0.7, beta=0.3)': 1 - 1.25 / (1.25 + 0.7 * 1.15 + 0.3 * 0.75),
        'tversky(alpha=0.5, beta=0.5)': dice,
        'tversky(alpha=0.5, beta=0.5, gamma=2)': dice ** 2,
        'tversky(alpha=0.5, beta=0.5, gamma=0.5)': sqrt(dice),
        jaccard: 1 - 1.25 / 3.15,
        focal:
          (0.25 * (0.25 * log(2) + 0.0625 * log(4 / 3)) + 0.75 * (0.0625 * log(4 / 3) + 0.81 * log(10))) / 4,
        // Margins 1 + x = 3.197 (background) and 1 (foreground) are positive; each adds 1/3 to the Jaccard loss.
        lovasz: (1 + log(9) + 1) / 3,
        boundary: (-0.5 - 0.375 + 0.125 + 1.8) / 4,
        mcc: 1 - (1.25 * 0.85 - 1.15 * 0.75) / sqrt(2.4 * 2 * 2 * 1.6),
        'bce-dice': bce + 2 * dice,
        'bce-tversky': bce + 2 * (1 - 1.25 / (1.25 + 0.6 * 1.15 + 0.5 * 0.75)),
      },
    );
  });

  it('depth: e = 0, 0.25, −0.25, 0.4', async () => {
    const g = [0, log(1.5), -log(2), log(1.8)];
    const rmse = sqrt(0.285 / 4 + 1e-6);
    // Edges replicated, the slopes along x are 0.175 and 0.275 in the two rows, along y −0.075 and 0.025 in the columns.
    const cosines = [0.175, 0.275].flatMap((x) => [-0.075, 0.025].map((y) => 1 / sqrt(1 + x * x + y * y)));
    const forward = (mean([0.25, 0.65]) + mean([0.25, 0.15])) / 2;
    await check(
      'depth',
      { target: [0.5, 0.5, 0.5, 0.5], image: [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1] },
      {
        bce: (log(2) - log(0.1875) - 0.5 * log(0.09)) / 4,
        rmse,
        l1: 0.9 / 4,
        mse: 0.285 / 4,
        huber: (2 * 0.1 * 0.2 + 0.1 * 0.35) / 4,
        'huber(delta=0.3)': (2 * 0.5 * 0.0625 + 0.3 * 0.25) / 4,
        'charbonnier(eps=0.5)': mean([0.5, sqrt(0.3125), sqrt(0.3125), sqrt(0.41)]),
        // c = 0.2.
        'berhu(threshold=0.5)': ((2 * (0.0625 + 0.04)) / 0.4 + (0.16 + 0.04) / 0.4) / 4,
        'grad(kernel=forward)': forward,
        'grad(kernel=forward, scales=2)': forward,
        grad: (0.225 + 0.05) / 2,
        silog: sqrt(mean(g.map((x) => x * x)) - 0.85 * mean(g) ** 2 + 1e-6),
        smoothness: 0.45 / Math.E + 0.2,
        normals: 1 - mean(cosines),
        'sqrt(mse) + log(1 + 2*l1)': sqrt(0.285 / 4) + log(1.45),
        '2*3*l1 + 1': 1 + (6 * 0.9) / 4,
      },
    );
  });

  it('ssi: least squares give scale 0.05/0.245', async () => {
    const residuals = [-0.1, 0.15, -0.35, 0.3].map((dp, i) =>
      abs((dp * 0.05) / 0.245 - (i < 2 ? 0.5 : -0.5)),
    );
    await check('depth', { target: [1, 1, 0, 0] }, { ssi: mean(residuals) });
  });

  it('ssim: of two flat maps only the means differ', async () => {
    const flat = { logits: Array(4).fill(log(3)), target: Array(4).fill(0.25) };
    const { 'ssim(windows=[3])': outcome } = await evaluateLosses(
      'depth',
      ['ssim(windows=[3])'],
      shape,
      flat,
    );
    expect(outcome.value).toBeCloseTo((1 - (0.375 + 1e-4) / (0.625 + 1e-4)) / 2, 6);
  });

  it('pools: per image, or over the batch', async () => {
    // The first image predicts 0.5 of 1, the second 0.5 of 0.
    const values = { logits: [0, 0], target: [1, 0] };
    const outcomes = await evaluateLosses('segmentation', ['dice', 'dice(pool=batch)'], [2, 1, 1, 1], values);
    expect(outcomes.dice.value).toBeCloseTo((1 / 3 + 1) / 2, 5);
    expect(outcomes['dice(pool=batch)'].value).toBeCloseTo(1 - 1 / 2, 5);
    const depths = { logits: [0, 0], target: [0.5, 0.9] };
    const roots = await evaluateLosses('depth', ['rmse', 'rmse(pool=image)'], [2, 1, 1, 1], depths);
    expect(roots.rmse.value).toBeCloseTo(sqrt(0.08 + 1e-6), 5);
    expect(roots['rmse(pool=image)'].value).toBeCloseTo((0.001 + sqrt(0.16 + 1e-6)) / 2, 5);
  });
});
