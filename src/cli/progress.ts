/** A progress bar with time left and live metrics on a terminal, plain lines elsewhere. */
import { createColors } from 'picocolors';
import type { Output } from './context.js';

/** Shows how far a long task is. */
export interface Progress {
  /** `finished` of the total is done; `text` holds live metrics such as `loss 0.412`. */
  update(finished: number, text?: string): void;
  /** `finished` of the total were done before; they tell nothing of the time left. */
  skip(finished: number): void;
  /** Prints a line above the bar. */
  note(line: string): void;
  /** Removes the bar, or writes the last line. */
  done(): void;
}

/** What {@link createProgress} draws, and where. */
export interface ProgressOptions {
  readonly stream: Output;
  /** Number of steps. */
  readonly total: number;
  readonly label: string;
  /** Milliseconds; a test hands in its own clock. */
  readonly now?: () => number;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const redrawEveryMs = 80;
const lineEveryMs = 10_000;
const clearLine = '\r\x1b[2K';

/** Seconds as people read them: `7s`, `3m 05s`, `2h 10m`. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const padded = (value: number) => String(value).padStart(2, '0');
  if (hours > 0) return `${hours}h ${padded(minutes)}m`;
  return minutes > 0 ? `${minutes}m ${padded(whole % 60)}s` : `${whole}s`;
}

/**
 * Starts a progress display. On a terminal one line is redrawn in place, as wide as the terminal and never wider;
 * elsewhere a line is written every ten seconds and at the end.
 *
 * @example
 * const progress = createProgress({ stream: process.stderr, total: 100, label: 'bce × rmse' });
 * progress.update(1, 'loss 0.693');
 * progress.done();
 */
export function createProgress({
  stream,
  total,
  label,
  now = Date.now,
  env = process.env,
}: ProgressOptions): Progress {
  const terminal = stream.isTTY === true && env.TERM !== 'dumb';
  const colors = createColors(terminal && !env.NO_COLOR);
  const started = now();
  let finished = 0;
  let skipped = 0;
  let text = '';
  let shown = Number.NEGATIVE_INFINITY;
  let reported = -1;

  function remaining(): string {
    const seconds = (now() - started) / 1000;
    if (finished >= total) return formatDuration(seconds);
    if (finished === skipped) return '';
    return `${formatDuration((seconds / (finished - skipped)) * (total - finished))} left`;
  }

  function draw(): void {
    const columns = (stream.columns || 80) - 1;
    const tail = [`${finished}/${total}`, remaining(), text].filter(Boolean).join('  ');
    const barWidth = Math.min(24, columns - label.length - tail.length - 4);
    if (barWidth < 6) {
      stream.write(`${clearLine}${truncate([label, tail].filter(Boolean).join('  '), columns)}`);
      return;
    }
    const full = Math.round(barWidth * Math.min(1, finished / Math.max(1, total)));
    const bar = colors.cyan('━'.repeat(full)) + colors.dim('─'.repeat(barWidth - full));
    stream.write(`${clearLine}${label}  ${bar}  ${tail}`);
  }

  function writeLine(): void {
    const percent = `${Math.floor((100 * finished) / Math.max(1, total))}%`;
    stream.write(
      `${[label, `${finished}/${total}`, percent, remaining(), text].filter(Boolean).join('  ')}\n`,
    );
    reported = finished;
  }

  return {
    update(count, metrics = text) {
      finished = count;
      text = metrics;
      const time = now();
      if (shown === Number.NEGATIVE_INFINITY && !terminal) shown = started;
      if (time - shown < (terminal ? redrawEveryMs : lineEveryMs)) return;
      shown = time;
      if (terminal) draw();
      else writeLine();
    },
    skip(count) {
      skipped += count - finished;
      finished = count;
    },
    note(line) {
      stream.write(terminal ? `${clearLine}${line}\n` : `${line}\n`);
      if (terminal) draw();
    },
    done() {
      if (terminal) stream.write(clearLine);
      else if (finished !== reported) writeLine();
    },
  };
}

const truncate = (line: string, columns: number) =>
  line.length <= columns ? line : `${line.slice(0, columns - 1)}…`;
