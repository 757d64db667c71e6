import { describe, expect, it } from 'vitest';
import { input } from '../graph/index.js';
import { compile } from '../runtime/node.js';
import { finalize, perImage, sumRows } from './finalize.js';
import { metricInfos } from './info.js';
import { constantPredictorRows, constantPredictors } from './predictors.js';
import { evaluationSums, imageSums, type SumDetail, type SumName } from './sums.js';

const options = { batch: 2, maxDepth: 10 };
const logit = (p: number) => Math.log(p / (1 - p));

interface Case {
  readonly shape: readonly [number, 1, number, number];
  readonly mask: { logits: number[]; target: number[]; valid?: number[] };
  readonly depth: { logits: number[]; target: number[]; valid?: number[] };
}

async function measure({ shape, mask, depth }: Case, detail?: SumDetail) {
  const feeds: Record<string, Float32Array> = {};
  const feed = (name: string, values: readonly number[]) => {
    feeds[name] = Float32Array.from(values);
    return input(name, shape);
  };
  const side = (name: string, { logits, target, valid }: Case['mask']) => ({
    logits: feed(`${name}.logits`, logits),
    target: feed(`${name}.target`, target),
    ...(valid && { valid: feed(`${name}.valid`, valid) }),
  });
  const { names, sums } = imageSums(
    { segmentation: side('mask', mask), depth: side('depth', depth) },
    detail,
  );
  const program = await compile({ sums }, { threads: 1 });
  const { sums: values } = await program.run(feeds);
  await program.dispose();
  const rows = sumRows(values as Float32Array, names.length);
  return { names, rows, row: (i: number) => Object.fromEntries(names.map((name, k) => [name, rows[i][k]])) };
}

const oneImage: Case = {
  shape: [1, 1, 1, 5],
  mask: {
    logits: [0.9, 0.8, 0.3, 0.1, 0.9].map(logit),
    target: [1, 0, 1, 0, 1],
    valid: [1, 1, 1, 1, 0],
  },
  depth: {
    logits: [0.5, 0.4, 0.2, 0.1, 0.7].map(logit),
    target: [0.4, 0.4, 0.1, 0.5, 0],
    valid: [1, 1, 1, 1, 0],
  },
};

describe('imageSums', () => {
  it('counts and adds the valid pixels of a hand-worked image', async () => {
    const { row } = await measure(oneImage);
    const e = [0.1, 0, 0.1, -0.4];
    const g = [0.5 / 0.4, 1, 2, 0.2].map(Math.log);
    const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
    const expected = {
      tp: 1,
      fp: 1,
      fn: 1,
      tn: 1,
      maskP: 2.1,
      maskT: 2,
      maskPT: 1.2,
      depthN: 4,
      depthP: 1.2,
      depthT: 1.4,
      depthSquare: sum(e.map((x) => x * x)),
      depthAbs: 0.6,
      depthAbsRel: 0.25 + 1 + 0.8,
      depthSquareRel: 0.01 / 0.4 + 0.1 + 0.16 / 0.5,
      depthLog: sum(g),
      depthLogSquare: sum(g.map((x) => x * x)),
      depthLogAbs: sum(g.map(Math.abs)),
      depthDelta2: 2,
      depthDelta3: 2,
      depthVarP: sum([0.5, 0.4, 0.2, 0.1].map((p) => (p - 0.3) ** 2)),
      depthVarT: sum([0.4, 0.4, 0.1, 0.5].map((t) => (t - 0.35) ** 2)),
      depthCovPT: 0.2 * 0.05 + 0.1 * 0.05 + 0.1 * 0.25 - 0.2 * 0.15,
    };
    const actual = row(0);
    for (const [name, value] of Object.entries(expected)) expect(actual[name], name).toBeCloseTo(value, 5);
  });

  it('counts the boundary pixels within 2 px of the other boundary', async () => {
    // A row of 8: the prediction is pixels 0 to 2, the target 3 to 6. In one row every mask pixel is on its boundary.
    const p = [1, 1, 1, 0, 0, 0, 0, 0];
    const t = [0, 0, 0, 1, 1, 1, 1, 0];
    const at = async (valid?: number[]) => {
      const planes = { logits: p.map((x) => 2 * x - 1), target: t, ...(valid && { valid }) };
      const { row } = await measure({ shape: [1, 1, 1, 8], mask: planes, depth: planes });
      const { boundaryP, boundaryT, boundaryHitP, boundaryHitT } = row(0);
      return [boundaryP, boundaryT, boundaryHitP, boundaryHitT];
    };
    expect(await at()).toEqual([3, 4, 2, 2]);
    // Without pixel 3 the nearest true pixel is 4, two from pixel 2.
    expect(await at([1, 1, 1, 0, 1, 1, 1, 1])).toEqual([3, 3, 1, 1]);
  });

  it('finds the boundary of a block: its rim, and where it meets the border of the image', async () => {
    // 5×5 block in the upper left corner of 7×7, predicted; the whole image is the target.
    const block = Array.from({ length: 49 }, (_, i) => Number(i % 7 < 5 && i < 35));
    const planes = { logits: block.map((x) => 2 * x - 1), target: block.map(() => 1) };
    const { row, rows, names } = await measure({ shape: [1, 1, 7, 7], mask: planes, depth: planes });
    // Rims of 5×5 and of 7×7. The block's rim lies on the image's, or two inside it.
    expect(row(0)).toMatchObject({ boundaryP: 16, boundaryT: 24, boundaryHitP: 16 });
    // The corner (6, 6) and its neighbours are √8 and √5 from the nearest pixel (4, 4) of the block.
    expect(row(0).boundaryHitT).toBe(21);
    const recall = 21 / 24;
    expect(finalize(rows, names, options).boundaryF1).toBeCloseTo((2 * recall) / (1 + recall), 9);
  });

  it('gives training the same numbers in fewer columns', async () => {
    const full = await measure(oneImage);
    const few = await measure(oneImage, 'training');
    expect(few.names).toHaveLength(9);
    for (const name of few.names) expect(few.row(0)[name]).toBeCloseTo(full.row(0)[name], 6);
    const metrics = finalize(few.rows, few.names, options);
    expect(Object.keys(metrics)).toEqual(
      expect.arrayContaining(['miou', 'mrmse', 'publishedMiou', 'rmseMetres']),
    );
    expect(metrics).not.toHaveProperty('absRel');
    expect(metrics.mrmse).toBeCloseTo(Math.sqrt(0.18 / 4), 6);
  });

  it('stays finite for extreme logits and a target of 0', async () => {
    const { rows, names } = await measure({
      shape: [1, 1, 1, 2],
      mask: { logits: [1e4, -1e4], target: [0, 1] },
      depth: { logits: [1e4, -1e4], target: [0, 1] },
    });
    expect(rows[0].every(Number.isFinite)).toBe(true);
    expect(finalize(rows, names, options).absRel).toBeCloseTo((1e4 + 1) / 2, 0);
  });
});

describe('finalize', () => {
  const names: SumName[] = ['tp', 'fp', 'fn', 'tn', 'maskP', 'maskT', 'maskPT', 'depthN', 'depthSquare'];
  const rows = [
    [2, 1, 1, 6, 3, 3, 2, 10, 0.4],
    [0, 0, 0, 10, 1, 0, 0, 10, 0.1],
    [0, 2, 0, 8, 2, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 0, 5, 0.2],
  ];

  it('derives means over images, pooled numbers and published numbers', () => {
    const metrics = finalize(rows, names, options);
    // IoU of the images: 1/2, 1 (both empty), 0 (one empty); the fourth has no mask pixel.
    expect(metrics.miou).toBeCloseTo(0.5, 12);
    expect(metrics.iou).toBeCloseTo(2 / 6, 12);
    expect(metrics.dice).toBeCloseTo((4 / 6 + 1 + 0) / 3, 12);
    expect(metrics.precision).toBeCloseTo((2 / 3 + 1 + 0) / 3, 12);
    expect(metrics.recall).toBeCloseTo((2 / 3 + 1 + 0) / 3, 12);
    expect(metrics.accuracy).toBeCloseTo(26 / 30, 12);
    expect(metrics).not.toHaveProperty('boundaryF1');
    expect(metrics.mrmse).toBeCloseTo(Math.sqrt(0.7 / 25), 12);
    expect(metrics.rmseMetres).toBeCloseTo(10 * Math.sqrt(0.7 / 25), 12);
    expect(metrics.publishedMiou).toBeCloseTo((2 / (7 + 1e-6) + 0) / 2, 12);
    expect(metrics.publishedMrmse).toBeCloseTo(
      (Math.sqrt(0.5 / 20 + 1e-6) + Math.sqrt(0.2 / 5 + 1e-6)) / 2,
      12,
    );
  });

  it('scores boundaries: both empty 1, one empty 0, none near 0, half exact and all found ⅔', () => {
    const counts = [
      [0, 0, 0, 0, 1],
      [3, 0, 0, 0, 0],
      [0, 3, 0, 0, 0],
      [3, 4, 0, 0, 0],
      [4, 5, 2, 5, 2 / 3],
    ];
    for (const [p, t, hitP, hitT, f1] of counts) {
      const columns: SumName[] = [
        'tp',
        'fp',
        'fn',
        'tn',
        'boundaryP',
        'boundaryT',
        'boundaryHitP',
        'boundaryHitT',
      ];
      const metrics = finalize([[1, 1, 1, 1, p, t, hitP, hitT]], columns, options);
      expect(metrics.boundaryF1).toBeCloseTo(f1, 12);
    }
  });

  it('derives the logarithmic metrics, worked by hand', () => {
    const columns: SumName[] = ['depthN', 'depthSquareRel', 'depthLog', 'depthLogSquare', 'depthLogAbs'];
    // Two images of two pixels; g = 0.1, 0.3 and −0.2, −0.2.
    const metrics = finalize(
      [
        [2, 0.5, 0.4, 0.1, 0.4],
        [2, 0.3, -0.4, 0.08, 0.4],
      ],
      columns,
      options,
    );
    expect(metrics.sqRel).toBeCloseTo(0.2, 12);
    expect(metrics.rmseLog).toBeCloseTo(Math.sqrt(0.18 / 4), 12);
    expect(metrics.log10).toBeCloseTo(0.2 / Math.log(10), 12);
    // About each image's mean: 0.1² + 0.1² and 0.
    expect(metrics.silog).toBeCloseTo(Math.sqrt(0.02 / 4), 12);
  });

  it('does not depend on the batch size but for the published numbers', () => {
    const { publishedMiou: a, publishedMrmse: b, ...two } = finalize(rows, names, options);
    const { publishedMiou: c, publishedMrmse: d, ...four } = finalize(rows, names, { ...options, batch: 4 });
    expect(two).toEqual(four);
    expect([a, b]).not.toEqual([c, d]);
  });

  it('leaves out what no pixel is valid for', () => {
    expect(finalize([], names, options)).toEqual({});
    expect(finalize([rows[3]], names, options)).not.toHaveProperty('miou');
    expect(finalize([rows[2]], names, options)).not.toHaveProperty('mrmse');
    expect(perImage([rows[3]], names)).toEqual([{ rmse: Math.sqrt(0.04) }]);
    expect(perImage([rows[2]], names)).toEqual([{ iou: 0 }]);
  });

  it('gives every metric that info.ts describes, within its bounds', async () => {
    const measured = await measure(oneImage);
    const metrics = finalize(measured.rows, measured.names, options);
    expect(Object.keys(metrics).sort()).toEqual(metricInfos.map((info) => info.name).sort());
    for (const { name, bounds } of metricInfos) {
      expect(metrics[name], name).toBeGreaterThanOrEqual(bounds[0]);
      expect(metrics[name], name).toBeLessThanOrEqual(bounds[1]);
    }
  });

  it('aligns scale and shift per image; a constant prediction is only shifted', async () => {
    const target = [0.2, 0.3, 0.5, 0.6];
    const at = async (p: number[]) => {
      const measured = await measure({
        shape: [1, 1, 2, 2],
        mask: { logits: [1, 1, 1, 1], target: [1, 1, 1, 1] },
        depth: { logits: p.map(logit), target },
      });
      return finalize(measured.rows, measured.names, options).alignedRmse;
    };
    expect(await at(target.map((t) => 0.9 - 0.8 * t))).toBeLessThan(1e-4);
    expect(await at([0.7, 0.7, 0.7, 0.7])).toBeCloseTo(Math.sqrt((2 * 0.2 ** 2 + 2 * 0.1 ** 2) / 4), 6);
  });
});

describe('constantPredictorRows', () => {
  it('is what imageSums gives for constant logits', async () => {
    const size = 12;
    const mask = Array.from({ length: size }, (_, i) => Number(i % 3 === 0));
    const depth = Array.from({ length: size }, (_, i) => (i + 1) / 20);
    const maskValid = mask.map((_, i) => Number(i !== 4));
    const depthValid = mask.map((_, i) => Number(i % 5 !== 0));
    const target = { mask, maskValid, depth, depthValid, height: 3, width: 4 };
    const predictors = [...constantPredictors(0.35), { name: 'nearer', mask: 1, depth: 0.2 }];
    const rows = constantPredictorRows(target, predictors);
    for (const [i, predictor] of predictors.entries()) {
      const row = rows[i];
      const measured = await measure({
        shape: [1, 1, 3, 4],
        mask: { logits: mask.map(() => (predictor.mask ? 40 : -40)), target: mask, valid: maskValid },
        depth: { logits: depth.map(() => logit(predictor.depth)), target: depth, valid: depthValid },
      });
      expect(measured.names).toEqual(evaluationSums);
      evaluationSums.forEach((name, k) => {
        expect(measured.rows[0][k], name).toBeCloseTo(row[k], 5);
      });
    }
  });
});
