/** The plan of a study: which runs it makes, in which order, and where each lies. */
import type { ModelConfig, ResolvedConfig } from '../config/schema.js';
import { slug } from '../losses/expression.js';
import type { RunSpec } from '../train/run-spec.js';
import { resolvePairs } from './pairs.js';

/** One run of an arm. */
export interface PlannedRun {
  readonly seed: number;
  /** Relative to the study's folder, with `/`. */
  readonly folder: string;
}

/** One arm: a pair of losses with one model. */
export interface PlannedArm {
  /** Folder-safe and unique. */
  readonly name: string;
  readonly segmentation: string;
  readonly depth: string;
  readonly kind: 'pair' | 'duplicate';
  /** The model as tables name it. */
  readonly label: string;
  readonly model: ModelConfig;
  readonly runs: readonly PlannedRun[];
}

/** What `plan.json` holds. */
export interface StudyPlan {
  readonly study: string;
  readonly protocol: 'as-is';
  readonly device: string;
  readonly epochs: number;
  readonly batch: number;
  /** Seeds of the pairs; a duplicate arm has seeds of its own. */
  readonly seeds: readonly number[];
  readonly arms: readonly PlannedArm[];
}

/** Names of models, with the width where the kind alone does not tell them apart. */
function modelLabels(models: readonly ModelConfig[]): string[] {
  const plain = models.map(({ kind }) => kind as string);
  const withWidth = models.map(({ kind, width }) => `${kind} w${width}`);
  const full = models.map(
    ({ input }, i) => `${withWidth[i]}${input ? ` ${input.length === 2 ? 'bg+image' : 'image'}` : ''}`,
  );
  const distinct = (labels: readonly string[]) => new Set(labels).size === labels.length;
  return [plain, withWidth].find(distinct) ?? full;
}

/**
 * The arms of a study: pairs × models, each with every seed. A duplicate arm has the same losses and seeds that no
 * other arm uses, so its distance from its twin is noise.
 *
 * @example planStudy(await loadConfig()).arms.length // 10
 */
export function planStudy(config: ResolvedConfig): StudyPlan {
  const { study, train } = config;
  const models = config.models ?? [config.model];
  const labels = modelLabels(models);
  const others = Math.max(...study.seeds) + 1;
  const arms = models.flatMap((model, m) =>
    resolvePairs(study).map(({ segmentation, depth, kind }): PlannedArm => {
      const name = [
        slug(segmentation),
        slug(depth),
        ...(models.length > 1 ? [labels[m].replaceAll(' ', '-')] : []),
        ...(kind === 'duplicate' ? ['again'] : []),
      ].join('__');
      const seeds = kind === 'duplicate' ? study.seeds.map((_, i) => others + i) : study.seeds;
      const runs = seeds.map((seed) => ({ seed, folder: `${name}/seed-${seed}` }));
      return { name, segmentation, depth, kind, label: labels[m], model, runs };
    }),
  );
  return {
    study: config.name,
    protocol: 'as-is',
    device: config.device,
    epochs: train.epochs,
    batch: train.batch,
    seeds: study.seeds,
    arms,
  };
}

/** Every run of a plan in the order of execution: all arms with the first seed, then with the second, … */
export function plannedRuns({ arms }: StudyPlan): { arm: PlannedArm; run: PlannedRun }[] {
  const most = Math.max(...arms.map(({ runs }) => runs.length));
  return Array.from({ length: most }, (_, i) =>
    arms.flatMap((arm) => (arm.runs[i] ? [{ arm, run: arm.runs[i] }] : [])),
  ).flat();
}

/** What one run trains. */
export const runSpec = (config: ResolvedConfig, arm: PlannedArm, seed: number): RunSpec => ({
  segmentation: arm.segmentation,
  depth: arm.depth,
  weight: config.study.weight,
  seed,
  model: arm.model,
  train: config.train,
  device: config.device,
});

/** The configuration of one run alone: a study of one arm with one seed. */
export const runConfig = (config: ResolvedConfig, arm: PlannedArm, seed: number): ResolvedConfig => ({
  ...config,
  model: arm.model,
  models: undefined,
  study: {
    ...config.study,
    pairs: [{ segmentation: arm.segmentation, depth: arm.depth }],
    seeds: [seed],
    duplicate: false,
  },
});

/** The heading of a run's figures: its losses, the model where it has a say, and the seed. */
export const runTitle = (arm: PlannedArm, { seed }: PlannedRun): string =>
  `${arm.segmentation} · ${arm.depth}${arm.kind === 'duplicate' ? ' (again)' : ''} · ${arm.label} · seed ${seed}`;
