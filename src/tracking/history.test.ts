import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EpochRecord, StepRecord } from '../train/history.js';
import { openHistory, readHistory } from './history.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fathom-history-'));
  file = join(folder, 'history.ndjson');
});
afterEach(() => rmSync(folder, { recursive: true }));

const step = (n: number, loss = 1 / n): StepRecord => ({
  kind: 'step',
  step: n,
  epoch: 1,
  seconds: n,
  learningRate: 0.01,
  loss,
  segmentationLoss: loss,
  depthLoss: loss,
  stepMs: 90,
  waitMs: 0,
});
const epoch: EpochRecord = {
  kind: 'epoch',
  epoch: 1,
  step: 3,
  seconds: 3,
  loss: 1,
  segmentationLoss: 1,
  depthLoss: 1,
  validation: { miou: 0.5 },
  best: true,
};

function write(...records: (StepRecord | EpochRecord)[]) {
  const history = openHistory(file);
  for (const record of records) history.append(record);
  history.close();
}

describe('history', () => {
  it('comes back as it was written, and is empty without a file', () => {
    expect(readHistory(file)).toEqual([]);
    write(step(1), step(2), step(3), epoch);
    expect(readHistory(file)).toEqual([step(1), step(2), step(3), epoch]);
  });

  it('keeps a loss that is not finite as NaN', () => {
    write(step(1, Number.NaN));
    expect((readHistory(file)[0] as StepRecord).loss).toBeNaN();
  });

  it('is readable after a kill at any byte of the last line, and appends after the last whole one', () => {
    write(step(1), step(2));
    const whole = readFileSync(file);
    const first = whole.indexOf(10) + 1;
    for (let length = first; length < whole.length; length += 7) {
      writeFileSync(file, whole.subarray(0, length));
      expect(readHistory(file)).toEqual([step(1)]);
      write(step(2));
      expect(readFileSync(file)).toEqual(whole);
    }
  });

  it('takes a last line of zeros for torn', () => {
    write(step(1));
    appendFileSync(file, '\0\0\0\0\n');
    expect(readHistory(file)).toEqual([step(1)]);
    write(step(2));
    expect(readHistory(file)).toEqual([step(1), step(2)]);
  });

  it('cuts off what came after the checkpoint', () => {
    write(step(1), step(2), step(3), epoch, step(4), step(5));
    const history = openHistory(file, { upToStep: 3 });
    expect(history.kept).toEqual([step(1), step(2), step(3), epoch]);
    history.append(step(4, 7));
    history.close();
    expect(readHistory(file).map((record) => record.loss)).toEqual([1, 1 / 2, 1 / 3, 1, 7]);
  });

  it('names the line that is broken in the middle', () => {
    write(step(1));
    appendFileSync(file, 'oops\n{"kind":"step"}\n');
    expect(() => readHistory(file)).toThrow(`${file}:2: expected a step or epoch record`);
  });
});
