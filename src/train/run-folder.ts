/** The folder of a run: where each file lies, and the status that says how far it came. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { FathomError, unreadable } from '../errors.js';
import { jsonText, writeFileWhole } from './write-file.js';

/** Paths of a run's files. */
export const runFiles = (folder: string) => ({
  config: join(folder, 'config.yaml'),
  environment: join(folder, 'environment.json'),
  status: join(folder, 'status.json'),
  history: join(folder, 'history.ndjson'),
  events: join(folder, 'events.out.tfevents.fathom'),
  log: join(folder, 'log.txt'),
  test: join(folder, 'test.ndjson'),
  best: join(folder, 'checkpoints', 'best.safetensors'),
  last: join(folder, 'checkpoints', 'last.safetensors'),
  predictionData: join(folder, 'predictions.safetensors'),
  extremes: (task: 'segmentation' | 'depth') => join(folder, `extremes-${task}.safetensors`),
  predictions: join(folder, 'predictions.png'),
  curves: join(folder, 'curves'),
  sample: (epoch: number) => join(folder, 'samples', `epoch-${String(epoch).padStart(3, '0')}.png`),
});

const outcome = z.object({
  status: z.enum(['done', 'failed', 'collapsed', 'interrupted']),
  cause: z.string().optional(),
  seconds: z.number(),
  stepMs: z.number(),
  parameters: z.number(),
  bestEpoch: z.number().optional(),
  /** The last epoch, where early stopping ended training before the one that was planned. */
  stoppedAfter: z.number().optional(),
  metrics: z.record(z.string(), z.number()),
});

const runState = z.object({
  state: z.enum(['running', 'done', 'failed', 'collapsed', 'interrupted']),
  /** Hash of everything that decides the run's numbers. */
  identity: z.string(),
  seed: z.number(),
  epochs: z.number(),
  /** When the run was first started, ISO 8601. */
  started: z.string(),
  /** What it must have in common with other runs of its seed. */
  pairing: z
    .object({
      initialWeights: z.string(),
      trainingSubset: z.string(),
      batchOrder: z.string(),
      augmentation: z.string(),
    })
    .optional(),
  /** What the normalised protocol divides each loss by. */
  norms: z.object({ segmentation: z.number(), depth: z.number() }).optional(),
  /** Hashes of the parts of the identity that are not in `config.yaml`: the data, and the files of losses by path. */
  sources: z.record(z.string(), z.string()).optional(),
  outcome: outcome.optional(),
});

/** How a run ended, as `status.json` keeps it. */
export type RunOutcome = z.infer<typeof outcome>;

/** The content of `status.json`. A run that was killed is still `running` there. */
export type RunState = z.infer<typeof runState>;

/** The status of the run in `folder`, or undefined when there is none. */
export async function readRunState(folder: string): Promise<RunState | undefined> {
  const file = runFiles(folder).status;
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unreadable(file, cause);
  }
  try {
    return runState.parse(JSON.parse(text));
  } catch (cause) {
    throw new FathomError('data', `${file}: not the status of a run`, {
      hint: 'delete the run folder to train it again',
      cause,
    });
  }
}

/** Whether a run has come to its end; it is not trained again. */
export const hasFinished = (
  state: RunState | undefined,
): state is RunState & { readonly outcome: RunOutcome } =>
  state?.outcome !== undefined && (state.state === 'done' || state.state === 'collapsed');

/** Writes `status.json`. */
export const writeRunState = (folder: string, state: RunState): Promise<void> =>
  writeFileWhole(runFiles(folder).status, jsonText(state));

/** Throws a FathomError of code `usage` when the folder's run is one of another configuration. */
export function requireSameRun(folder: string, state: RunState | undefined, identity: string): void {
  if (!state || state.identity === identity) return;
  throw new FathomError('usage', `${folder}: holds a run of another configuration`, {
    hint: 'give another --out, or delete the folder to train it anew',
  });
}
