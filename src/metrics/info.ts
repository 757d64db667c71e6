/** What tables, plots and "best" selection know of each metric: label, unit, direction and bounds, as data. */

/** Description of one metric; see `metrics/finalize.ts` for the formulas. */
export interface MetricInfo {
  readonly name: string;
  /** Column heading, such as `mIoU`. */
  readonly label: string;
  /** `` for a ratio, `depth` for the data set's depth unit (metres), `0-1` for normalised depth. */
  readonly unit: '' | 'depth' | '0-1';
  readonly direction: 'higher' | 'lower';
  readonly bounds: readonly [number, number];
  /** Digits after the point in a table. */
  readonly digits: number;
  /** One line for legends and the manual. */
  readonly meaning: string;
}

const higher = (name: string, label: string, meaning: string, max = 1): MetricInfo => ({
  name,
  label,
  unit: '',
  direction: 'higher',
  bounds: [0, max],
  digits: 4,
  meaning,
});

const lower = (name: string, label: string, unit: MetricInfo['unit'], meaning: string): MetricInfo => ({
  name,
  label,
  unit,
  direction: 'lower',
  bounds: [0, Number.POSITIVE_INFINITY],
  digits: 4,
  meaning,
});

/** Every metric in the order of the tables. */
export const metricInfos: readonly MetricInfo[] = [
  higher('miou', 'mIoU', 'intersection over union of the mask at threshold 0.5, mean over images'),
  higher('iou', 'IoU (pooled)', 'intersection over union at threshold 0.5, pooled over all pixels'),
  higher('dice', 'Dice', 'Dice coefficient of the mask at threshold 0.5, mean over images'),
  higher('precision', 'precision', 'share of predicted foreground that is foreground, mean over images'),
  higher('recall', 'recall', 'share of foreground that is predicted, mean over images'),
  higher('accuracy', 'accuracy', 'share of pixels with the right side of 0.5, pooled'),
  higher('boundaryF1', 'boundary F1', 'F1 of mask boundaries within 2 px of each other, mean over images'),
  lower('mrmse', 'RMSE', '0-1', 'root mean square depth error, 0–1 scale, pooled over all pixels'),
  lower('rmseMetres', 'RMSE', 'depth', 'root mean square depth error in the unit of the data, pooled'),
  lower('mae', 'MAE', '0-1', 'mean absolute depth error, 0–1 scale, pooled'),
  lower('absRel', 'AbsRel', '', 'mean of |p − t| / t, pooled'),
  lower('sqRel', 'SqRel', '0-1', 'mean of (p − t)² / t, 0–1 scale, pooled'),
  lower('rmseLog', 'RMSElog', '', 'root mean square of ln p − ln t, pooled'),
  lower('log10', 'log10', '', 'mean of |log₁₀ p − log₁₀ t|, pooled'),
  lower(
    'silog',
    'SILog',
    '',
    'standard deviation of ln p − ln t within an image, pooled: blind to a scale factor',
  ),
  higher('delta1', 'δ<1.25', 'share of pixels with max(p/t, t/p) < 1.25, pooled'),
  higher('delta2', 'δ<1.25²', 'share of pixels with max(p/t, t/p) < 1.25², pooled'),
  higher('delta3', 'δ<1.25³', 'share of pixels with max(p/t, t/p) < 1.25³, pooled'),
  lower('alignedRmse', 'RMSE aligned', '0-1', 'RMSE after the best scale and shift of each image, pooled'),
  higher(
    'publishedMiou',
    '"mIOU" (published)',
    'I/(P+T+1e-6) on soft masks: half a soft Dice, at most 0.5',
    0.5,
  ),
  lower('publishedMrmse', '"mRMSE" (published)', '0-1', 'mean over batches of √(mse + 1e-6)'),
];

/** The description of metric `name`; throws when there is none. */
export function metricInfo(name: string): MetricInfo {
  const info = metricInfos.find((candidate) => candidate.name === name);
  if (!info)
    throw new RangeError(`metric: expected one of ${metricInfos.map((m) => m.name).join(', ')}, got ${name}`);
  return info;
}
