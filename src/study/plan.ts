/** The plan of a study: which runs it makes, in which order, and where each lies. */
import type { ModelConfig, Protocol, ResolvedConfig, StudyConfig, WeightConfig } from '../config/schema.js';
import { slug } from '../losses/expression.js';
import type { RunSpec } from '../train/run-spec.js';
import { resolvePairs } from './pairs.js';

/** One run of an arm. */
export interface PlannedRun {
  readonly seed: number;
  /** Relative to the study's folder, with `/`. */
  readonly folder: string;
}

/** One arm: a pair of losses with one model, one weight and one protocol. */
export interface PlannedArm {
  /** Folder-safe and unique. */
  readonly name: string;
  readonly segmentation: string;
  readonly depth: string;
  readonly kind: 'pair' | 'duplicate';
  /** The model as tables name it. */
  readonly label: string;
  readonly model: ModelConfig;
  readonly weight: WeightConfig;
  readonly protocol: Protocol;
  /** What sets it apart from other arms of the same losses and model, such as `famo, normalised`; empty for one. */
  readonly variant: string;
  readonly runs: readonly PlannedRun[];
}

/** What `plan.json` holds. */
export interface StudyPlan {
  readonly study: string;
  readonly protocol: Protocol | 'both';
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

/** The weights of a study: a list of several always has a fixed one, which tuned methods find hard to beat. */
export function weightsOf({ weight }: Pick<StudyConfig, 'weight'>): readonly WeightConfig[] {
  const list = [weight].flat();
  return Array.isArray(weight) && !list.some((one) => typeof one === 'number') ? [2, ...list] : list;
}

/** What sets an arm apart, in words, where a study has several of a kind. */
function variantOf(
  weight: WeightConfig,
  protocol: Protocol,
  several: { readonly weights: boolean; readonly protocols: boolean },
): string {
  return [
    ...(several.weights ? [typeof weight === 'number' ? `weight ${weight}` : weight] : []),
    ...(several.protocols ? [protocol] : []),
  ].join(', ');
}

/**
 * The arms of a study: pairs × models × weights × protocols, each with every seed. A duplicate arm has the same losses
 * and seeds that no other arm uses, so its distance from its twin is noise; it has the first weight.
 *
 * @example planStudy(await loadConfig()).arms.length // 10
 */
export function planStudy(config: ResolvedConfig): StudyPlan {
  const { study, train } = config;
  const models = config.models ?? [config.model];
  const labels = modelLabels(models);
  const weights = weightsOf(study);
  const protocols = [study.protocol].flat();
  const several = { weights: weights.length > 1, protocols: protocols.length > 1 };
  const others = Math.max(...study.seeds) + 1;
  const pairs = resolvePairs(study);
  const arms = models.flatMap((model, m) =>
    protocols.flatMap((protocol) =>
      weights.flatMap((weight) =>
        pairs.flatMap(({ segmentation, depth, kind }): PlannedArm[] => {
          if (kind === 'duplicate' && weight !== weights[0]) return [];
          const variant = variantOf(weight, protocol, several);
          const name = [
            slug(segmentation),
            slug(depth),
            ...(models.length > 1 ? [labels[m].replaceAll(' ', '-')] : []),
            ...(variant ? [variant.replaceAll(', ', '__').replaceAll(' ', '-')] : []),
            ...(kind === 'duplicate' ? ['again'] : []),
          ].join('__');
          const seeds = kind === 'duplicate' ? study.seeds.map((_, i) => others + i) : study.seeds;
          const runs = seeds.map((seed) => ({ seed, folder: `${name}/seed-${seed}` }));
          return [
            { name, segmentation, depth, kind, label: labels[m], model, weight, protocol, variant, runs },
          ];
        }),
      ),
    ),
  );
  return {
    study: config.name,
    protocol: several.protocols ? 'both' : protocols[0],
    device: config.device,
    epochs: train.epochs,
    batch: train.batch,
    seeds: study.seeds,
    arms,
  };
}

/** Steps between two measurements of the cosine; 0 for none. */
export const cosineInterval = ({ study }: Pick<ResolvedConfig, 'study'>): number => {
  const weights = weightsOf(study);
  return study.cosine ?? (weights.length > 1 || typeof weights[0] !== 'number' ? 10 : 0);
};

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
  weight: arm.weight,
  ...(arm.protocol === 'normalised' && { protocol: 'normalised' as const }),
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
    weight: arm.weight,
    protocol: arm.protocol,
    seeds: [seed],
    duplicate: false,
  },
});

/** An arm in words: its losses, the model, and what else sets it apart. */
export const armTitle = ({ segmentation, depth, kind, label, variant }: PlannedArm): string =>
  `${segmentation} · ${depth}${kind === 'duplicate' ? ' (again)' : ''} · ${label}${variant ? ` · ${variant}` : ''}`;

/** The heading of a run's figures: its arm and the seed. */
export const runTitle = (arm: PlannedArm, { seed }: PlannedRun): string => `${armTitle(arm)} · seed ${seed}`;
