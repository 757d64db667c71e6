/** Made-up results of a study, for the tests of this folder. */
import type { SumName } from '../metrics/sums.js';
import type { ArmResult, RunResult, StudyResults } from '../study/results.js';
import type { Measurement } from '../train/evaluation.js';
import { isFinished } from './arms.js';
import { compareStudy } from './compare.js';
import type { CollectedArm } from './measure-arms.js';

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

const names: SumName[] = ['tp', 'fp', 'fn', 'tn', 'depthN', 'depthSquare'];

/** Sums of 32 images whose mIoU and RMSE are those of a run; odd images are a little easier than even ones. */
function fakeSums({ metrics: { miou, mrmse } }: RunResult): Measurement {
  const rows = Array.from({ length: 32 }, (_, i) => {
    const ease = i % 2 ? 0.01 : -0.01;
    return Float64Array.of(miou + ease, 0, 1 - miou - ease, 0, 1, mrmse ** 2 * (1 - ease));
  });
  return { ids: rows.map((_, i) => `${i}.png`), names, rows };
}

/** An arm before it is summarised. */
export function fakeArm(
  segmentation: string,
  depth: string,
  runs: readonly RunResult[],
  kind: ArmResult['kind'] = 'pair',
  model = 'resunet',
): CollectedArm {
  const name = `${segmentation}__${depth}${kind === 'duplicate' ? '__again' : ''}`.replaceAll(' ', '-');
  return {
    arm: { name, segmentation, depth, model, kind, runs },
    sums: runs.map((run) => (isFinished(run) ? fakeSums(run) : undefined)),
  };
}

/** A study of the given arms. */
export function fakeResults(arms: readonly CollectedArm[], seeds = [0]): StudyResults {
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
    ...compareStudy(arms, 10),
  };
}

/** Controls as a study makes them: both predict the mean depth. */
export const fakeControls: readonly CollectedArm[] = [
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

const tversky = fakeArm(
  'tversky(alpha=0.6, beta=0.5)',
  'berhu',
  [0.7, 0.71, 0.72, 0.73].map((score, seed) => fakeRun(seed, score)),
);

/** Two arms with four seeds, the second better with each. */
export const seededStudy: StudyResults = fakeResults(
  [
    tversky,
    fakeArm(
      'bce-dice',
      'ssim',
      [0.8, 0.82, 0.81, 0.81].map((score, seed) => fakeRun(seed, score)),
    ),
    ...fakeControls,
  ],
  [0, 1, 2, 3],
);

/** Two arms with five seeds, of which one run collapsed, one failed and one is not finished. */
export const failedStudy: StudyResults = fakeResults(
  [
    tversky,
    fakeArm('bce-dice', 'ssim', [
      ...[0.8, 0.82, 0.81].map((score, seed) => fakeRun(seed, score)),
      fakeRun(3, 0.02, { status: 'collapsed', cause: 'the mask is all background' }),
      fakeRun(4, 0, { status: 'failed', cause: 'out of memory', metrics: {} }),
    ]),
    ...fakeControls,
  ],
  [0, 1, 2, 3, 4],
);

/** Scores of a seed: what it adds to every arm, and to single runs. */
const noisy = (score: number, arm: number) =>
  [0, 1, 2, 3, 4].map((seed) =>
    fakeRun(seed, score + 0.01 * Math.sin(7 * seed) + 0.004 * Math.sin(5 * seed + 3 * arm)),
  );

/** Three segmentation by three depth losses with five seeds and a duplicate; `dice` alone is better than the others. */
export const factorialStudy: StudyResults = fakeResults(
  [
    ...['bce', 'dice', 'jaccard'].flatMap((segmentation, row) =>
      ['l1', 'rmse', 'ssim'].map((depth, column) =>
        fakeArm(segmentation, depth, noisy(segmentation === 'dice' ? 0.8 : 0.6, 3 * row + column)),
      ),
    ),
    fakeArm(
      'bce',
      'l1',
      noisy(0.6, 9).map((run) => ({ ...run, seed: run.seed + 5 })),
      'duplicate',
    ),
    ...fakeControls,
  ],
  [0, 1, 2, 3, 4],
);
