import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { add, constant, gradients, input, mul, square, sub, sum, type Tensor } from '../graph/index.js';
import { compile } from '../runtime/node.js';
import { clipByGlobalNorm } from './clip.js';
import type { OptimizerOptions } from './optimizer.js';
import { makeOptimizer } from './registry.js';
import { makeSchedule, type ScheduleOptions } from './schedules.js';

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../tests/goldens/${name}.json`, import.meta.url), 'utf8'));

interface OptimizerGoldens {
  readonly problem: {
    readonly initial: number[][];
    readonly curvature: number[][];
    readonly target: number[][];
  };
  readonly cases: readonly {
    readonly optimizer: OptimizerOptions['kind'];
    readonly options: {
      readonly lr: number;
      readonly weightDecay: number;
      readonly beta1?: number;
      readonly beta2?: number;
      readonly eps?: number;
      readonly momentum?: number;
    };
    readonly clipNorm: number | null;
    readonly steps: readonly { loss: number; gradientNorm: number; parameters: number[][] }[];
  }[];
}

interface ScheduleGolden {
  readonly schedule: ScheduleOptions['kind'];
  readonly options: Partial<ScheduleOptions> & { readonly lr?: number; readonly minLr?: number };
  readonly totalSteps: number;
  readonly learningRate: readonly number[];
}

const { problem, cases }: OptimizerGoldens = read('optimizers');
const schedules: readonly ScheduleGolden[] = read('schedules');

describe("PyTorch's optimizers", () => {
  it.each(cases)('take the same steps: $optimizer $options, clipped at $clipNorm', async (golden) => {
    const { lr, weightDecay, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, momentum = 0 } = golden.options;
    const optimizer = makeOptimizer({
      kind: golden.optimizer,
      lr,
      weightDecay,
      betas: [beta1, beta2],
      eps,
      momentum,
    });
    const parameters = problem.initial.map((values, i) => input(`p${i}`, [values.length]));
    const loss = parameters
      .map((p, i) => {
        const shape = p.shape;
        const distance = square(sub(p, constant(problem.target[i], shape)));
        return sum(mul(constant(problem.curvature[i], shape), mul(distance, 0.5)));
      })
      .reduce((a, b) => add(a, b));
    const clipped = clipByGlobalNorm(
      gradients(loss, parameters),
      golden.clipNorm ?? Number.POSITIVE_INFINITY,
    );
    const scalars = input('scalars', [optimizer.scalarCount]);
    const outputs: Record<string, Tensor> = { loss, norm: clipped.norm };
    const state: Record<string, Float32Array> = {};
    parameters.forEach((parameter, i) => {
      const slotNames = optimizer.slots.map((slot) => `${slot}${i}`);
      const next = optimizer.update({
        parameter,
        gradient: clipped.gradients[i],
        slots: slotNames.map((name) => input(name, parameter.shape)),
        scalars,
      });
      outputs[`new.p${i}`] = next.parameter;
      state[`p${i}`] = Float32Array.from(problem.initial[i]);
      next.slots.forEach((slot, k) => {
        outputs[`new.${slotNames[k]}`] = slot;
        state[slotNames[k]] = new Float32Array(parameter.size);
      });
    });
    const program = await compile(outputs, { threads: 1 });
    for (const [i, step] of golden.steps.entries()) {
      const results = await program.run({ ...state, scalars: optimizer.scalars(i + 1, lr) });
      expect(Number(results.loss[0]) / step.loss).toBeCloseTo(1, 5);
      expect(Number(results.norm[0]) / step.gradientNorm).toBeCloseTo(1, 5);
      for (const name of Object.keys(state)) state[name] = results[`new.${name}`] as Float32Array;
      step.parameters.flat().forEach((value, k) => {
        const actual = [...state.p0, ...state.p1][k];
        expect(Math.abs(actual - value)).toBeLessThan(2e-6 * Math.max(1, Math.abs(value)));
      });
    }
    await program.dispose();
  });
});

describe("PyTorch's schedules", () => {
  // A floor under the cosine (eta_min) is not among our options.
  const comparable = schedules.filter(({ options }) => !options.minLr);

  it.each(comparable)('give the same learning rates: $schedule over $totalSteps steps', (golden) => {
    const { lr = 0, ...options } = golden.options;
    const defaults = { maxLr: 0, pctStart: 0.3, divFactor: 25, finalDivFactor: 1e4 };
    const rate = makeSchedule({ ...defaults, ...options, kind: golden.schedule }, lr);
    golden.learningRate.forEach((value, i) => {
      expect(Math.abs(rate(i + 1, golden.totalSteps) - value)).toBeLessThan(1e-8 * Math.max(value, 1e-3));
    });
  });
});
