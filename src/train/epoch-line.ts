/** The one line an epoch leaves in the log and on the terminal, with fixed columns. */
import type { EpochRecord } from './history.js';

/** Headings of {@link epochLine}. */
export const epochHeader = ' epoch     step      loss  seg.loss  dep.loss    val.mIoU  val.RMSE   seconds';

/** An epoch in columns under {@link epochHeader}; a star marks the best so far. RMSE is on the 0–1 scale. */
export function epochLine(record: EpochRecord, epochs: number): string {
  const number = (value: number | undefined, width: number, digits = 4) =>
    (value === undefined ? '–' : value.toFixed(digits)).padStart(width);
  return [
    `${String(record.epoch).padStart(String(epochs).length)}/${epochs}`.padStart(6),
    String(record.step).padStart(9),
    number(record.loss, 10),
    number(record.segmentationLoss, 10),
    number(record.depthLoss, 10),
    number(record.validation.miou, 12),
    number(record.validation.mrmse, 10),
    number(record.seconds, 10, 1),
    record.best ? ' *' : '',
  ].join('');
}
