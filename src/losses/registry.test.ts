import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { input, mean, mul, sigmoid, sub, topologicalOrder } from '../graph/index.js';
import { parseExpression } from './expression.js';
import { defineLoss, type Task } from './loss.js';
import { evaluateLosses } from './losses.fixture.js';
import { compileLoss, listLosses } from './registry.js';

const message = (text: string, task: Task = 'segmentation') => {
  try {
    compileLoss(text, task);
  } catch (error) {
    return (error as Error).message.split('\n')[0];
  }
  throw new Error(`compiled: ${text}`);
};

describe('compileLoss', () => {
  it.each([
    [
      'bce + dise',
      "loss expression, column 7: unknown segmentation loss 'dise': did you mean 'dice'? (known: bce, dice,",
    ],
    ['tversky(alpha=-1)', 'loss expression, column 1: tversky: alpha: expected a number ≥ 0, got -1'],
    [
      '2*dice(smoth=1)',
      "column 3: dice: unknown option 'smoth': did you mean 'smooth'? (known: smooth, eps, pool, squared, logCosh)",
    ],
    ['dice(pool=images)', 'dice: pool: expected image or batch, got images'],
    ['dice(squared=1)', 'dice: squared: expected true or false, got 1'],
    ['dice(eps=0)', 'dice: eps: expected a number ≥ 1e-12, got 0'],
    ['dice(smooth=1e9)', 'dice: smooth: expected a number of at most 1000000 in size, got 1000000000'],
    ['focal(alpha=2)', 'focal: alpha: expected a number ≥ 0 and ≤ 1, got 2'],
    ['lovasz(eps=1)', 'lovasz: expected no options, got eps'],
    ['bce-dice(smooth=1)', 'bce-dice: expected no options, got smooth'],
    ['2*3', 'expected at least one loss, got numbers only'],
    ['1e30*bce', 'expected a number of at most 1000000 in size'],
  ])('%s', (text, expected) => expect(message(text)).toContain(expected));

  it('checks depth losses', () => {
    const windows = 'ssim: windows: expected a list of odd numbers, each 3–101, got';
    expect(message('ssim(windows=[4])', 'depth')).toContain(`${windows} [4]`);
    expect(message('ssim(windows=7)', 'depth')).toContain(`${windows} 7`);
    expect(message('grad(scales=1.5)', 'depth')).toContain(
      'grad: scales: expected a whole number ≥ 1 and ≤ 8, got 1.5',
    );
    const small = { logits: input('x', [1, 1, 4, 9]), target: input('t', [1, 1, 4, 9]) };
    expect(() => compileLoss('ssim', 'depth').evaluate(small)).toThrow(
      'ssim: windows: expected at most 7 for images of 4×9, got 11',
    );
  });

  it('says when a loss belongs to the other task', () => {
    expect(() => compileLoss('rmse', 'segmentation')).toThrow(
      expect.objectContaining({ hint: 'rmse is a depth loss', code: 'usage' }),
    );
  });

  it('takes a parsed expression and gives its canonical text', () => {
    expect(compileLoss(parseExpression('(bce)+2 * dice'), 'segmentation').text).toBe('bce + 2*dice');
  });

  it('says what it needs', () => {
    const loss = compileLoss('dice + 0.1*boundary', 'segmentation');
    expect(loss.needs).toEqual(['distance']);
    const inputs = { logits: input('x', [1, 1, 2, 2]), target: input('t', [1, 1, 2, 2]) };
    expect(() => loss.evaluate(inputs)).toThrow('needs the signed distance map of the target');
    expect(compileLoss('bce-dice', 'segmentation').needs).toEqual([]);
  });

  it('prefers the losses it is given', () => {
    const bias = defineLoss({
      name: 'bias',
      task: 'depth',
      summary: 'mean e',
      source: 'this file',
      options: z.strictObject({ scale: z.number().positive().default(1), must: z.number() }),
      evaluate: ({ logits, target }, { scale }) => mul(mean(sub(sigmoid(logits), target)), scale),
    });
    expect(() => compileLoss('bias', 'depth', [bias])).toThrow('bias: must: expected a number, got nothing');
    expect(() => compileLoss('bias(must=1, scale=0)', 'depth', [bias])).toThrow(
      'scale: expected a number > 0, got 0',
    );
    expect(compileLoss('bias(must=1)', 'depth', [bias]).text).toBe('bias(must=1)');
    expect(listLosses([bias]).some(({ name }) => name === 'bias')).toBe(true);
  });
});

describe('the graph', () => {
  it('of bce is one pass and one mean', () => {
    const inputs = { logits: input('x', [2, 1, 4, 4]), target: input('t', [2, 1, 4, 4]) };
    const ops = topologicalOrder([compileLoss('bce', 'segmentation').evaluate(inputs)]).map(
      ({ op }) => op.name,
    );
    expect(ops).toEqual(['input', 'softplus', 'input', 'mul', 'sub', 'mean', 'reshape']);
  });
});

describe('properties', () => {
  it('alpha and beta are not interchangeable', async () => {
    const [a, b] = ['tversky(alpha=0.6, beta=0.5)', 'tversky(alpha=0.5, beta=0.6)'];
    const values = { logits: [2, 1, -1, 0], target: [1, 0, 0, 1] };
    const outcomes = await evaluateLosses('segmentation', [a, b], [1, 1, 2, 2], values);
    expect(Math.abs(outcomes[a].value - outcomes[b].value)).toBeGreaterThan(1e-3);
  });

  it('alpha weighs false positives', async () => {
    const names = ['tversky(alpha=0.9, beta=0.1)', 'tversky(alpha=0.1, beta=0.9)'];
    const values = { logits: [9, 9, 9, -9], target: [1, 0, 0, 0] };
    const [strict, lenient] = Object.values(
      await evaluateLosses('segmentation', names, [1, 1, 2, 2], values),
    );
    expect(strict.value).toBeGreaterThan(lenient.value);
  });

  it('dice of an empty mask is 1 without gradient; with smooth it teaches to predict nothing', async () => {
    const values = { logits: [0, 1, -1, 2], target: [0, 0, 0, 0] };
    const names = ['dice', 'dice(smooth=1)'];
    const [plain, smooth] = Object.values(await evaluateLosses('segmentation', names, [1, 1, 2, 2], values));
    expect(plain.value).toBeCloseTo(1, 6);
    expect(plain.gradient.every((slope) => Math.abs(slope) < 1e-6)).toBe(true);
    expect(smooth.gradient.every((slope) => slope > 0.005)).toBe(true);
    const nothing = { ...values, logits: [-50, -50, -50, -50] };
    expect((await evaluateLosses('segmentation', names, [1, 1, 2, 2], nothing))[names[1]].value).toBeCloseTo(
      0,
      5,
    );
  });

  it('berhu is continuous at c, which has no gradient', async () => {
    const logit = (p: number) => Math.log(p / (1 - p));
    const name = 'berhu(threshold=0.5)';
    // The largest error is 0.4, so c = 0.2.
    const at = async (error: number) =>
      (
        await evaluateLosses('depth', [name], [1, 1, 1, 2], {
          logits: [logit(0.9), logit(0.5 + error)],
          target: [0.5, 0.5],
        })
      )[name];
    const [below, above] = [await at(0.2 - 1e-5), await at(0.2 + 1e-5)];
    expect(above.value - below.value).toBeGreaterThan(0);
    expect(above.value - below.value).toBeLessThan(2e-5);
    // e/c/N · p(1 − p) with c constant.
    expect(below.gradient[0]).toBeCloseTo((0.4 / 0.2) * 0.5 * 0.09, 5);
  });

  it('a perfect fit has the documented minimum', async () => {
    const hard = { logits: [40, -40, 40, -40], target: [1, 0, 1, 0] };
    const masks = ['bce', 'dice', 'tversky', 'jaccard', 'focal', 'lovasz', 'mcc', 'bce-dice', 'bce-tversky'];
    for (const [name, { value }] of Object.entries(
      await evaluateLosses('segmentation', masks, [1, 1, 2, 2], hard),
    ))
      expect(value, name).toBeCloseTo(0, 4);
    const p = [0.2, 0.4, 0.6, 0.7, 0.3, 0.5, 0.8, 0.9, 0.1];
    const soft = { logits: p.map((x) => Math.log(x / (1 - x))), target: p };
    const entropy = p.reduce((sum, x) => sum - x * Math.log(x) - (1 - x) * Math.log(1 - x), 0) / 9;
    const minima = {
      bce: entropy,
      rmse: 1e-3,
      charbonnier: 1e-3,
      silog: 1e-3,
      l1: 0,
      mse: 0,
      huber: 0,
      berhu: 0,
      grad: 0,
      'ssim(windows=[3])': 0,
      ssi: 0,
      normals: 0,
    };
    const outcomes = await evaluateLosses('depth', Object.keys(minima), [1, 1, 3, 3], soft);
    for (const [name, value] of Object.entries(minima))
      expect(outcomes[name].value, name).toBeCloseTo(value, 5);
  });

  it('scale and shift do not matter to ssi, a constant not to grad, a factor hardly to silog', async () => {
    const p = [0.2, 0.4, 0.6, 0.3];
    const logits = (f: (x: number) => number) => p.map((x) => Math.log(f(x) / (1 - f(x))));
    const run = (f: (x: number) => number) =>
      evaluateLosses('depth', ['ssi', 'grad', 'silog(lambda=1)'], [1, 1, 2, 2], {
        logits: logits(f),
        target: [0.1, 0.7, 0.5, 0.2],
      });
    const [base, shifted, scaled] = [
      await run((x) => x),
      await run((x) => x + 0.1),
      await run((x) => x * 1.3),
    ];
    expect(shifted.grad.value).toBeCloseTo(base.grad.value, 6);
    expect(shifted.ssi.value).toBeCloseTo(base.ssi.value, 6);
    expect(scaled.ssi.value).toBeCloseTo(base.ssi.value, 6);
    expect(scaled['silog(lambda=1)'].value).toBeCloseTo(base['silog(lambda=1)'].value, 6);
  });
});
