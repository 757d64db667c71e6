import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Task } from './loss.js';
import { compileLosses } from './losses.fixture.js';

interface Golden {
  readonly task: Task;
  readonly loss: string;
  readonly case: string;
  readonly shape: number[];
  readonly logits: number[];
  readonly target: number[];
  readonly valid: number[] | null;
  readonly image?: number[];
  readonly distance?: number[];
  readonly value: number;
  readonly gradient: number[];
}

const file = new URL('../../tests/goldens/losses.json', import.meta.url);
const goldens: readonly Golden[] = JSON.parse(readFileSync(file, 'utf8'));

/** Goldens that one graph can hold. */
const groups = new Map<string, Golden[]>();
for (const golden of goldens) {
  const key = `${golden.task} ${golden.shape.join('×')} ${golden.valid ? 'masked' : 'whole'}`;
  groups.set(key, [...(groups.get(key) ?? []), golden]);
}

/**
 * Relative error of a gradient. Charbonnier's slope e/√(e² + eps²) magnifies the rounding of p, 3e-8, by 1/eps = 1000:
 * no float32 computation comes closer.
 */
const tolerance = (loss: string) => (loss === 'charbonnier' ? 4e-5 : 1e-5);

describe('agrees with PyTorch', () => {
  it.each([...groups])('%s', async (_, group) => {
    const [{ task, shape, valid }] = group;
    const expressions = [...new Set(group.map(({ loss }) => loss))];
    const graph = await compileLosses(task, expressions, shape, { valid: valid !== null });
    const wrong: string[] = [];
    for (const golden of group) {
      const { value, gradient } = (await graph.run({ ...golden, valid: golden.valid ?? undefined }))[
        golden.loss
      ];
      const largest = Math.max(...golden.gradient.map(Math.abs));
      const slack = Math.max(tolerance(golden.loss) * largest, 1e-12);
      const valueError = Math.abs(value - golden.value) / Math.max(1, Math.abs(golden.value));
      const gradientError = Math.max(...gradient.map((slope, i) => Math.abs(slope - golden.gradient[i])));
      if (!(valueError <= 1e-6 && gradientError <= slack)) {
        wrong.push(
          `${golden.loss} (${golden.case}): value off by ${valueError}, gradient by ${gradientError / largest}`,
        );
      }
    }
    await graph.dispose();
    expect(wrong).toEqual([]);
  });
});
