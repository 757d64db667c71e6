import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { input, type Shape } from '../graph/index.js';
import { compile } from '../runtime/node.js';
import { finalize, sumRows } from './finalize.js';
import { imageSums } from './sums.js';

type Planes = 'segmentation' | 'mask' | 'maskValid' | 'depth' | 'depthTarget' | 'depthValid';

/** Metrics of a few batches, computed image by image in NumPy; `segmentation` and `depth` are probabilities. */
interface Golden {
  readonly name: string;
  readonly maxDepth: number;
  readonly shape: Shape;
  readonly batches: readonly Readonly<Record<Planes, readonly number[]>>[];
  readonly metrics: Readonly<Record<string, number>>;
}

const path = new URL('../../tests/goldens/metrics.json', import.meta.url);
const goldens: readonly Golden[] = JSON.parse(readFileSync(path, 'utf8'));

const logits = (p: readonly number[]) => Float32Array.from(p, (x) => Math.log(x / (1 - x)));

describe('metrics', () => {
  it.each(goldens)(
    'agree with their definitions in NumPy: $name',
    async ({ shape, maxDepth, batches, metrics }) => {
      const plane = (name: Planes) => input(name, shape);
      const { names, sums } = imageSums({
        segmentation: { logits: plane('segmentation'), target: plane('mask'), valid: plane('maskValid') },
        depth: { logits: plane('depth'), target: plane('depthTarget'), valid: plane('depthValid') },
      });
      const program = await compile({ sums }, { threads: 1 });
      const rows: Float64Array[] = [];
      for (const batch of batches) {
        const feeds = Object.entries(batch).map(([name, values]) => [
          name,
          name === 'segmentation' || name === 'depth' ? logits(values) : Float32Array.from(values),
        ]);
        const results = await program.run(Object.fromEntries(feeds));
        rows.push(...sumRows(results.sums as Float32Array, names.length));
      }
      await program.dispose();
      const actual = finalize(rows, names, { batch: shape[0], maxDepth });
      expect(Object.keys(actual).sort()).toEqual(Object.keys(metrics).sort());
      for (const [name, value] of Object.entries(metrics)) expect(actual[name], name).toBeCloseTo(value, 6);
    },
  );
});
