/** What the tests of losses share: many losses in one compiled graph, and inputs that look random. */
import { gradients, input, type Shape, sizeOf } from '../graph/index.js';
import { compile } from '../runtime/node.js';
import type { LossInputs, Task } from './loss.js';
import { compileLoss } from './registry.js';

/** Values of a loss's inputs. */
export interface CaseValues {
  readonly logits: ArrayLike<number>;
  readonly target: ArrayLike<number>;
  readonly valid?: ArrayLike<number>;
  readonly image?: ArrayLike<number>;
  readonly distance?: ArrayLike<number>;
}

/** A loss and its gradient in the logits. */
export interface Outcome {
  readonly value: number;
  readonly gradient: number[];
}

/** Losses of one task in one graph. */
export interface LossGraph {
  run(values: CaseValues): Promise<Record<string, Outcome>>;
  dispose(): Promise<void>;
}

/** Compiles losses for a shape; `valid` says whether the graph has a valid map. */
export async function compileLosses(
  task: Task,
  expressions: readonly string[],
  shape: Shape,
  options: { readonly valid?: boolean } = {},
): Promise<LossGraph> {
  const [n, , h, w] = shape;
  const inputs: LossInputs = {
    logits: input('logits', shape),
    target: input('target', shape),
    image: input('image', [n, 3, h, w]),
    distance: input('distance', shape),
    ...(options.valid && { valid: input('valid', shape) }),
  };
  const outputs = Object.fromEntries(
    expressions.flatMap((expression, i) => {
      const value = compileLoss(expression, task).evaluate(inputs);
      const [gradient] = gradients(value, [inputs.logits]);
      return [
        [`value${i}`, value],
        [`gradient${i}`, gradient],
      ];
    }),
  );
  const program = await compile(outputs, { threads: 1 });
  return {
    async run(values) {
      const all: Record<string, ArrayLike<number>> = {
        image: new Float32Array(3 * sizeOf(shape)),
        distance: new Float32Array(sizeOf(shape)),
        valid: new Float32Array(sizeOf(shape)).fill(1),
        ...Object.fromEntries(Object.entries(values).filter(([, value]) => value)),
      };
      const feeds = program.inputs.map(({ name }) => [name, Float32Array.from(all[name])]);
      const results = await program.run(Object.fromEntries(feeds));
      return Object.fromEntries(
        expressions.map((expression, i) => [
          expression,
          { value: Number(results[`value${i}`][0]), gradient: Array.from(results[`gradient${i}`], Number) },
        ]),
      );
    },
    dispose: () => program.dispose(),
  };
}

/** The same for one case. */
export async function evaluateLosses(
  task: Task,
  expressions: readonly string[],
  shape: Shape,
  values: CaseValues,
): Promise<Record<string, Outcome>> {
  const graph = await compileLosses(task, expressions, shape, { valid: values.valid !== undefined });
  const outcome = await graph.run(values);
  await graph.dispose();
  return outcome;
}

/** `count` numbers between `low` and `high` that look random and are the same at every run. */
export function numbers(count: number, seed: number, low = 0, high = 1): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return low + ((high - low) * state) / 2 ** 32;
  });
}
