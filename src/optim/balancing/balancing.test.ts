import { describe, expect, it } from 'vitest';
import { concat, gradients, input, reshape } from '../../graph/index.js';
import { randomStream } from '../../nn/initialisers.js';
import { compile } from '../../runtime/node.js';
import type { GradientBalancer, LossBalancer, StepMoment } from './balancer.js';
import { scalarsOf } from './balancer.js';
import { dwa } from './dwa.js';
import { famo } from './famo.js';
import { gls } from './gls.js';
import { mgda } from './mgda.js';
import { pcgrad } from './pcgrad.js';
import { rlw } from './rlw.js';
import { uncertainty } from './uncertainty.js';

/** What a method does with given losses: joint, weights, their gradients, and what it keeps. */
async function weigh(
  method: LossBalancer,
  losses: readonly number[],
  state: readonly number[] = method.initial,
  options: { moment?: Partial<StepMoment>; after?: readonly number[] } = {},
) {
  const both = input('losses', [2]);
  const [a, b] = scalarsOf(both);
  const kept = state.length > 0 ? input('state', [state.length]) : undefined;
  const fedInput = method.fedCount > 0 ? input('fed', [method.fedCount]) : undefined;
  const { joint, weights, next } = method.weigh([a, b], scalarsOf(kept), scalarsOf(fedInput));
  const [c, d] = scalarsOf(input('after', [2]));
  const wanted = [both, ...(method.learnt ? [kept!] : [])];
  const [slopes, stateSlopes] = gradients(joint, wanted);
  const nextState = next ?? method.after?.([a, b], [c, d], scalarsOf(kept));
  const program = await compile({
    joint,
    slopes,
    weights: concat(
      weights.map((weight) => reshape(weight, [1])),
      0,
    ),
    ...(stateSlopes && { stateSlopes }),
    ...(nextState && { next: nextState }),
  });
  const moment = { epoch: 1, first: false, random: () => 0.5, ...options.moment };
  const values: Record<string, readonly number[]> = {
    ...{ losses, state, fed: method.fed(moment), after: options.after ?? losses },
  };
  const feeds = program.inputs.map(({ name }) => [name, Float32Array.from(values[name])]);
  const results = await program.run(Object.fromEntries(feeds));
  await program.dispose();
  return Object.fromEntries(Object.entries(results).map(([name, data]) => [name, Array.from(data, Number)]));
}

/** Compares lists of numbers to six digits. */
function close(actual: readonly number[], expected: readonly number[]) {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of expected.entries())
    expect(Math.abs(actual[i] - value), `${actual} against ${expected}`).toBeLessThan(
      2e-6 * Math.max(1, Math.abs(value)),
    );
}

const softmax = (a: number, b: number) => {
  const total = Math.exp(a) + Math.exp(b);
  return [Math.exp(a) / total, Math.exp(b) / total];
};

describe('uncertainty', () => {
  it('is half the sum at first, and its log-variances follow their own gradient', async () => {
    const first = await weigh(uncertainty, [3, 0.5]);
    close(first.joint, [1.75]);
    close(first.weights, [0.5, 0.5]);
    close(first.slopes, [0.5, 0.5]);
    // ½ − L/2 of each: a large loss raises its variance.
    close(first.stateSlopes, [-1, 0.25]);
    const later = await weigh(uncertainty, [3, 0.5], [Math.log(3), Math.log(0.5)]);
    close(later.weights, [1 / 6, 1]);
    close(later.slopes, [1 / 6, 1]);
    close(later.joint, [0.5 + 0.5 + (Math.log(3) + Math.log(0.5)) / 2]);
    close(later.stateSlopes, [0, 0]);
  });
});

describe('dwa', () => {
  it('gives more weight to the loss that fell less, from the third epoch on', async () => {
    const epochs = [
      [
        [4, 1],
        [2, 1],
      ],
      [
        [1, 1],
        [1, 0.8],
      ],
      [
        [1, 1],
        [5, 5],
      ],
      [[1, 1]],
    ];
    const expected = [
      [1, 1],
      [1, 1],
      // Means 3 and 1, then 1 and 0.9: rates 1/3 and 0.9.
      softmax(1 / 3 / 2, 0.9 / 2).map((share) => 2 * share),
      // Means of the third epoch 3 and 3.
      softmax(3 / 1 / 2, 3 / 0.9 / 2).map((share) => 2 * share),
    ];
    let state: readonly number[] = dwa.initial;
    for (const [e, steps] of epochs.entries())
      for (const [i, losses] of steps.entries()) {
        const step = await weigh(dwa, losses, state, { moment: { epoch: e + 1, first: i === 0 } });
        close(step.weights, expected[e]);
        close(step.slopes, expected[e]);
        close(step.joint, [losses[0] * expected[e][0] + losses[1] * expected[e][1]]);
        state = step.next;
      }
  });
});

describe('rlw', () => {
  it('draws shares that add up to 1, without a preference', async () => {
    const random = randomStream(1, 'rlw');
    const draws = Array.from({ length: 20000 }, () => rlw.fed({ epoch: 1, first: false, random }));
    for (const [a, b] of draws) expect(a + b).toBeCloseTo(1, 12);
    const mean = draws.reduce((sum, [a]) => sum + a, 0) / draws.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.01);
    // The difference of two standard normal numbers has variance 2.
    const logits = draws.map(([a, b]) => Math.log(a / b));
    expect(logits.reduce((sum, x) => sum + x * x, 0) / draws.length).toBeCloseTo(2, 1);
    const step = await weigh(rlw, [3, 0.5], [], { moment: { random: () => 0.25 } });
    close(step.slopes, step.weights);
    close(step.joint, [3 * step.weights[0] + 0.5 * step.weights[1]]);
  });
});

describe('gls', () => {
  it('is the geometric mean', async () => {
    const step = await weigh(gls, [4, 0.25]);
    close(step.joint, [1]);
    close(step.weights, [1 / 8, 2]);
    close(step.slopes, [1 / 8, 2]);
    expect((await weigh(gls, [-1, 2])).slopes[0]).toBe(0);
  });
});

/** Two steps of the authors' code in float64. */
function famoReference(before: number[], after: number[], [w, v, mw, mv, sw, sv, t]: readonly number[]) {
  const z = softmax(w, v);
  const c = z[0] / before[0] + z[1] / before[1];
  const delta = before.map((loss, i) => Math.log(loss) - Math.log(after[i]));
  const dot = z[0] * delta[0] + z[1] * delta[1];
  const steps = t + 1;
  const moved = [w, v].map((logit, i) => {
    const g = z[i] * (delta[i] - dot) + 1e-3 * logit;
    const m = 0.9 * [mw, mv][i] + 0.1 * g;
    const s = 0.999 * [sw, sv][i] + 0.001 * g * g;
    const change = m / (1 - 0.9 ** steps) / (Math.sqrt(s / (1 - 0.999 ** steps)) + 1e-8);
    return { logit: logit - 0.025 * change, m, s };
  });
  return {
    joint: (z[0] * Math.log(before[0]) + z[1] * Math.log(before[1])) / c,
    weights: [z[0] / before[0] / c, z[1] / before[1] / c],
    next: [...moved.map((x) => x.logit), ...moved.map((x) => x.m), ...moved.map((x) => x.s), steps],
  };
}

describe('famo', () => {
  it('takes two steps as its authors do', async () => {
    let state: readonly number[] = famo.initial;
    for (const [before, after] of [
      [
        [3, 0.5],
        [2, 0.45],
      ],
      [
        [1.8, 0.46],
        [1.9, 0.3],
      ],
    ]) {
      const step = await weigh(famo, before, state, { after });
      const expected = famoReference(before, after, state);
      close(step.joint, expected.joint === 0 ? [0] : [expected.joint]);
      close(step.weights, expected.weights);
      close(step.slopes, expected.weights);
      for (const [i, value] of expected.next.entries())
        expect(Math.abs(step.next[i] - value), `state ${i}`).toBeLessThan(
          1e-5 * Math.max(1e-2, Math.abs(value)),
        );
      state = step.next;
    }
    // The first loss fell more at first, the second afterwards.
    expect(state[0]).not.toBe(state[1]);
  });
});

/** The mixed gradient of two gradients in the plane. */
async function mix({ coefficients }: GradientBalancer, g: readonly number[], h: readonly number[]) {
  const dot = (a: readonly number[], b: readonly number[]) => a[0] * b[0] + a[1] * b[1];
  const [aa, ab, bb] = scalarsOf(input('gram', [3]));
  const weights = coefficients({ aa, ab, bb }).map((weight) => reshape(weight, [1]));
  const program = await compile({ weights: concat(weights, 0) });
  const results = await program.run({ gram: Float32Array.of(dot(g, g), dot(g, h), dot(h, h)) });
  await program.dispose();
  const [a, b] = Array.from(results.weights, Number);
  return [a * g[0] + b * h[0], a * g[1] + b * h[1]];
}

describe('pcgrad', () => {
  it('adds gradients that agree and projects those that do not', async () => {
    close(await mix(pcgrad, [1, 0], [1, 1]), [2, 1]);
    // g·h = −2: g + 2/5·h = (0.2, 0.4), h + 2·g = (0, 1)… by hand: g = (1, 0), h = (−2, 1).
    close(await mix(pcgrad, [1, 0], [-2, 1]), [0.2 + 0, 0.4 + 1]);
    close(await mix(pcgrad, [1, 0], [0, 0]), [1, 0]);
  });
});

describe('mgda', () => {
  it('finds the shortest mixture', async () => {
    close(await mix(mgda, [2, 0], [0, 1]), [0.4, 0.8]);
    // The shorter one lies within the longer one's shadow: it is the shortest itself.
    close(await mix(mgda, [1, 0], [3, 1]), [1, 0]);
    close(await mix(mgda, [1, 0], [-1, 0]), [0, 0]);
    close(await mix(mgda, [1, 1], [1, 1]), [1, 1]);
  });
});
