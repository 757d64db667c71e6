/** Made-up results of a study, for the tests of this folder. */
import type { ArmResult, RunResult, StudyResults } from '../study/results.js';
import { summarise } from './summarise.js';

/** A finished run, better in both tasks with a higher `score`. */
export function fakeRun(seed: number, score: number, change: Partial<RunResult> = {}): RunResult {
  return {
    seed,
    status: 'done',
    seconds: 21.26,
    stepMs: 104.3,
    parameters: 1_000_000,
    bestEpoch: 2,
    metrics: {
      mrmse: 0.2 - score / 10,
      miou: score,
      rmseMetres: 2 - score,
      publishedMiou: score / 2,
      publishedMrmse: 0.21 - score / 10,
    },
    folder: `seed-${seed}`,
    ...change,
  };
}

/** An arm with its summary. */
export function fakeArm(
  segmentation: string,
  depth: string,
  runs: readonly RunResult[],
  kind: ArmResult['kind'] = 'pair',
): ArmResult {
  const name = `${segmentation}__${depth}${kind === 'duplicate' ? '__again' : ''}`.replaceAll(' ', '-');
  return { name, segmentation, depth, model: 'resunet', kind, runs, summary: summarise(runs) };
}

/** A study of the given arms. */
export function fakeResults(arms: readonly ArmResult[], seeds = [0]): StudyResults {
  return {
    study: 'published',
    protocol: 'as-is',
    device: 'cpu',
    dataset: {
      name: 'synthetic',
      train: 96,
      validation: 32,
      test: 32,
      height: 64,
      width: 64,
      maxDepth: 10,
      depthUnit: 'm',
    },
    epochs: 3,
    seeds,
    arms,
  };
}

/** Controls as a study makes them: both predict the mean depth. */
export const fakeControls: readonly ArmResult[] = [
  fakeArm('predict everything', 'predict the mean', [fakeRun(0, 0.3)], 'control'),
  fakeArm(
    'predict nothing',
    'predict the mean',
    [fakeRun(0, 0.3, { metrics: { ...fakeRun(0, 0.3).metrics, miou: 0.05 } })],
    'control',
  ),
];

/** The ten published pairs with one seed, one of which failed. */
export const publishedStudy: StudyResults = fakeResults([
  fakeArm('bce', 'bce', [fakeRun(0, 0.61)]),
  fakeArm('dice', 'bce', [fakeRun(0, 0.72)]),
  fakeArm('tversky(alpha=0.6, beta=0.5)', 'bce', [fakeRun(0, 0.7)]),
  fakeArm('bce-dice', 'bce', [fakeRun(0, 0.75)]),
  fakeArm('bce-tversky', 'bce', [fakeRun(0, 0.71)]),
  fakeArm('bce-dice', 'bce', [fakeRun(0, 0.77)], 'duplicate'),
  fakeArm('bce-dice', 'berhu', [
    fakeRun(0, 0, { status: 'failed', cause: 'the loss is not finite at step 12', metrics: {} }),
  ]),
  fakeArm('bce-dice', 'rmse', [fakeRun(0, 0.78)]),
  fakeArm('bce-dice', 'grad', [fakeRun(0, 0.4)]),
  fakeArm('bce-dice', 'ssim', [fakeRun(0, 0.74)]),
  ...fakeControls,
]);

/** Two arms with five seeds, of which one run collapsed and one failed. */
export const seededStudy: StudyResults = fakeResults(
  [
    fakeArm(
      'tversky(alpha=0.6, beta=0.5)',
      'berhu',
      [0.7, 0.71, 0.72, 0.73].map((score, seed) => fakeRun(seed, score)),
    ),
    fakeArm('bce-dice', 'ssim', [
      ...[0.8, 0.82, 0.81].map((score, seed) => fakeRun(seed, score)),
      fakeRun(3, 0.02, { status: 'collapsed', cause: 'the mask is all background' }),
      fakeRun(4, 0, { status: 'failed', cause: 'out of memory', metrics: {} }),
    ]),
    ...fakeControls,
  ],
  [0, 1, 2, 3, 4],
);
