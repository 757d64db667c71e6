/** Learning-rate schedules: pure functions of the step. */

/** Keys of the configuration's `schedule`. */
export interface ScheduleOptions {
  readonly kind: 'constant' | 'one-cycle' | 'cosine';
  /** Peak of `one-cycle`. */
  readonly maxLr: number;
  /** Share of the steps that `one-cycle` climbs; PyTorch's 0.3. */
  readonly pctStart: number;
  /** `one-cycle` begins at `maxLr/divFactor`; PyTorch's 25. */
  readonly divFactor: number;
  /** `one-cycle` ends at its beginning divided by this; PyTorch's 1e4. */
  readonly finalDivFactor: number;
}

/** Learning rate of step `step`, from 1 to `totalSteps`. */
export type Schedule = (step: number, totalSteps: number) => number;

/** From `start` to `end` along half a cosine, as `progress` goes from 0 to 1. */
const anneal = (start: number, end: number, progress: number): number =>
  end + ((start - end) / 2) * (1 + Math.cos(Math.PI * progress));

/**
 * PyTorch's OneCycleLR with cosine annealing: up from `maxLr/divFactor` to `maxLr` at step `pctStart·totalSteps`,
 * down to `maxLr/divFactor/finalDivFactor` at the last step. The momentum is not cycled. Source: Smith 2018.
 */
function oneCycle({ maxLr, pctStart, divFactor, finalDivFactor }: ScheduleOptions): Schedule {
  const first = maxLr / divFactor;
  const last = first / finalDivFactor;
  return (step, totalSteps) => {
    const peak = pctStart * totalSteps;
    if (step < peak) return anneal(first, maxLr, (step - 1) / (peak - 1));
    return anneal(maxLr, last, peak < totalSteps ? (step - peak) / (totalSteps - peak) : 0);
  };
}

/**
 * The schedule of a configuration.
 *
 * - `constant`: `lr` at every step.
 * - `cosine`: from `lr` at the first step along half a cosine, which reaches 0 one step after the last
 *   (PyTorch's CosineAnnealingLR with `T_max = totalSteps`). Source: Loshchilov 2017.
 * - `one-cycle`: from `maxLr/divFactor` up to `maxLr` and down again, PyTorch's OneCycleLR with cosine annealing.
 *
 * @example makeSchedule(schedule, optimizer.lr)(1, 300)
 */
export function makeSchedule(options: ScheduleOptions, lr: number): Schedule {
  if (options.kind === 'constant') return () => lr;
  if (options.kind === 'cosine') return (step, totalSteps) => anneal(lr, 0, (step - 1) / totalSteps);
  return oneCycle(options);
}
