/** The pairs of losses that a study compares. */
import type { StudyConfig } from '../config/schema.js';
import { formatExpression, parseExpression } from '../losses/expression.js';

/** A pair of loss expressions. `duplicate`: the same losses as an earlier pair, with other random streams. */
export interface LossPair {
  readonly segmentation: string;
  readonly depth: string;
  readonly kind: 'pair' | 'duplicate';
}

const pair = (segmentation: string, depth: string): LossPair => ({ segmentation, depth, kind: 'pair' });

/** The pair that is run twice where a study has it, as in the published table. */
const repeated = pair('bce-dice', 'bce');

/** The ten rows of the published table, in its order. */
const published: readonly LossPair[] = [
  pair('bce', 'bce'),
  pair('dice', 'bce'),
  pair('tversky(alpha=0.6, beta=0.5)', 'bce'),
  repeated,
  pair('bce-tversky', 'bce'),
  { ...repeated, kind: 'duplicate' },
  pair('bce-dice', 'berhu'),
  pair('bce-dice', 'rmse'),
  pair('bce-dice', 'grad'),
  pair('bce-dice', 'ssim'),
];

const sameLosses = (a: LossPair, b: LossPair) => a.segmentation === b.segmentation && a.depth === b.depth;

const canonical = (text: string) => formatExpression(parseExpression(text));

/**
 * The pairs of a study, in the order of its tables, as canonical loss expressions. With `duplicate`, one of them
 * comes twice: BCEDice with BCE where it is among them, else the first.
 *
 * @example resolvePairs({ ...study, pairs: 'published' }).length // 10
 */
export function resolvePairs(
  study: Pick<StudyConfig, 'pairs' | 'segmentation' | 'depth' | 'duplicate'>,
): LossPair[] {
  if (study.pairs === 'published') return published.filter(({ kind }) => study.duplicate || kind === 'pair');
  const chosen =
    study.pairs === 'factorial'
      ? study.segmentation.flatMap((segmentation) => study.depth.map((depth) => ({ segmentation, depth })))
      : study.pairs;
  const pairs = chosen.map(({ segmentation, depth }) => pair(canonical(segmentation), canonical(depth)));
  if (!study.duplicate) return pairs;
  const twice = pairs.find((candidate) => sameLosses(candidate, repeated)) ?? pairs[0];
  return [...pairs, { ...twice, kind: 'duplicate' }];
}
