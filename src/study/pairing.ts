/** The guard of a paired comparison: for one seed, every arm began with the same weights and saw the same data. */
import { FathomError } from '../errors.js';
import type { RunPairing } from './results.js';

/** A run with what it must have in common with others of its seed. */
export interface PairedRun {
  /** Name of its arm. */
  readonly arm: string;
  /** Networks of other models have other weights. */
  readonly model: string;
  readonly seed: number;
  /** Left out by runs that have not begun, or of earlier versions. */
  readonly pairing?: RunPairing;
}

const words: Readonly<Record<keyof RunPairing, string>> = {
  initialWeights: 'initial weights',
  trainingSubset: 'training subset',
  batchOrder: 'order of batches',
  augmentation: 'augmentation',
};

/**
 * Throws a FathomError of code `data` that names the first two runs of one seed that differ in more than their losses.
 * A duplicate arm has seeds of its own, so it is compared with no other.
 */
export function requirePaired(runs: readonly PairedRun[]): void {
  const first = new Map<string, PairedRun>();
  for (const run of runs)
    for (const key of Object.keys(words) as (keyof RunPairing)[]) {
      const value = run.pairing?.[key];
      if (value === undefined) continue;
      const group = `${key}/${run.seed}/${key === 'initialWeights' ? run.model : ''}`;
      const other = first.get(group);
      if (!other) first.set(group, run);
      else if (other.pairing![key] !== value)
        throw new FathomError(
          'data',
          `arms ${other.arm} and ${run.arm} cannot be compared: with seed ${run.seed} their ${words[key]} differ`,
          {
            hint: `delete the folder of one of these runs and start the study again: it trains that run anew`,
          },
        );
    }
}
