/** Reads and appends `history.ndjson`; a line torn by a kill is ignored on reading and cut off before appending. */
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { FathomError, unreadable } from '../errors.js';
import type { HistoryRecord } from '../train/history.js';

/** Milliseconds that the records of steps may wait to be written together. */
const flushEvery = 1000;

/** An open history. */
export interface HistoryWriter {
  /** Records that were kept from before, in order. */
  readonly kept: readonly HistoryRecord[];
  /** The record of an epoch is on its way to the disk at once, with those before it; that of a step soon. */
  append(record: HistoryRecord): void;
  close(): void;
}

/** Options of {@link openHistory}. */
export interface OpenHistoryOptions {
  /** Keep records up to this step only: those of the checkpoint that training resumes from. Default: all. */
  readonly upToStep?: number;
}

interface Line {
  readonly record: HistoryRecord;
  /** Position in the file just behind the line. */
  readonly end: number;
}

// JSON has no NaN; a loss that stopped being finite is written as null and must come back as a number.
const nullToNaN = (_key: string, value: unknown) => (value === null ? Number.NaN : value);

function parseLine(text: string): HistoryRecord | undefined {
  try {
    const record = JSON.parse(text, nullToNaN) as Partial<HistoryRecord>;
    return record.kind === 'step' || record.kind === 'epoch' ? (record as HistoryRecord) : undefined;
  } catch {
    return undefined;
  }
}

function readLines(file: string): Line[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw unreadable(file, cause);
  }
  const lines: Line[] = [];
  let start = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
    const record = parseLine(bytes.toString('utf8', start, end));
    if (!record) {
      if (end + 1 === bytes.length) break; // a torn write whose tail the file system filled up
      throw new FathomError('data', `${file}:${lines.length + 1}: expected a step or epoch record`, {
        hint: 'delete the line, or the whole run folder to train it again',
      });
    }
    lines.push({ record, end: end + 1 });
    start = end + 1;
  }
  return lines;
}

/**
 * Every whole record of a `history.ndjson`, in order; none when there is no file. Values that were not finite are NaN.
 *
 * @throws FathomError of code `data` for a broken line that is not the last, with its number
 */
export function readHistory(file: string): HistoryRecord[] {
  return readLines(file).map((line) => line.record);
}

/**
 * Opens a history for appending, made when it is missing. A torn last line and the records after `upToStep` are cut
 * off, so that a resumed run leaves the same lines as one that was never interrupted.
 *
 * @example
 * const history = openHistory('runs/study/bce__rmse/seed-0/history.ndjson', { upToStep: checkpoint.step });
 * history.append(record);
 * history.close();
 */
export function openHistory(file: string, options: OpenHistoryOptions = {}): HistoryWriter {
  const { upToStep = Number.POSITIVE_INFINITY } = options;
  const lines = readLines(file);
  const cut = lines.findIndex((line) => line.record.step > upToStep);
  const kept = cut < 0 ? lines : lines.slice(0, cut);
  const descriptor = openSync(file, 'a');
  ftruncateSync(descriptor, kept.at(-1)?.end ?? 0);
  let waiting: string[] = [];
  let flushedAt = performance.now();
  const flush = () => {
    writeSync(descriptor, waiting.join(''));
    waiting = [];
    flushedAt = performance.now();
  };
  return {
    kept: kept.map((line) => line.record),
    append: (record) => {
      waiting.push(`${JSON.stringify(record)}\n`);
      if (record.kind === 'epoch' || performance.now() - flushedAt >= flushEvery) flush();
    },
    close: () => {
      try {
        flush();
      } catch {
        // Steps wait here only when a run ends before its epoch: what ended it is the better message.
      }
      closeSync(descriptor);
    },
  };
}
