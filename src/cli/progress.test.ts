import { describe, expect, it } from 'vitest';
import { createProgress, formatDuration } from './progress.js';

function setUp(options: { isTTY: boolean; columns?: number; env?: Record<string, string> }) {
  const written: string[] = [];
  const clock = { ms: 0 };
  const progress = createProgress({
    stream: { ...options, write: (text: string) => written.push(text) },
    total: 10,
    label: 'bce × rmse',
    now: () => clock.ms,
    env: options.env ?? { NO_COLOR: '1' },
  });
  return { progress, written, clock };
}

const clear = '\r\x1b[2K';

describe('on a terminal', () => {
  it('redraws one line with the time left and the metrics', () => {
    const { progress, written, clock } = setUp({ isTTY: true, columns: 80 });
    clock.ms = 5000;
    progress.update(5, 'loss 0.41');
    expect(written).toEqual([
      `${clear}bce × rmse  ${'━'.repeat(12)}${'─'.repeat(12)}  5/10  5s left  loss 0.41`,
    ]);
    progress.done();
    expect(written.at(-1)).toBe(clear);
  });

  it('takes no time from steps that were done before', () => {
    const { progress, written, clock } = setUp({ isTTY: true });
    progress.skip(6);
    clock.ms = 5000;
    progress.update(7);
    expect(written[0]).toContain('7/10  15s left');
  });

  it('draws no more often than the eye can follow', () => {
    const { progress, written, clock } = setUp({ isTTY: true });
    for (let step = 1; step <= 10; step++) {
      clock.ms = step;
      progress.update(step);
    }
    expect(written).toHaveLength(1);
  });

  it.each([20, 30, 40, 200])('is never wider than %i columns', (columns) => {
    const { progress, written, clock } = setUp({ isTTY: true, columns });
    clock.ms = 100_000;
    progress.update(7, 'loss 0.4123  rmse 0.0931');
    expect(written[0].slice(clear.length).length).toBeLessThan(columns);
  });

  it('keeps notes above the bar', () => {
    const { progress, written } = setUp({ isTTY: true });
    progress.update(1);
    progress.note('epoch 1 done');
    expect(written[1]).toBe(`${clear}epoch 1 done\n`);
    expect(written[2]).toContain('1/10');
  });

  it('uses colour unless NO_COLOR is set', () => {
    const { progress, written } = setUp({ isTTY: true, env: {} });
    progress.update(5);
    expect(written[0]).toContain('\x1b[36m');
  });
});

describe('elsewhere', () => {
  it('writes plain lines, seldom, and the last one', () => {
    const { progress, written, clock } = setUp({ isTTY: false, env: {} });
    for (let step = 1; step <= 10; step++) {
      clock.ms = step * 3000;
      progress.update(step, `loss 0.${step}`);
    }
    progress.note('saved');
    progress.done();
    progress.done();
    expect(written).toEqual([
      'bce × rmse  4/10  40%  18s left  loss 0.4\n',
      'bce × rmse  8/10  80%  6s left  loss 0.8\n',
      'saved\n',
      'bce × rmse  10/10  100%  30s  loss 0.10\n',
    ]);
  });
});

it('formats durations', () => {
  expect([0.4, 7, 185, 7800].map(formatDuration)).toEqual(['0s', '7s', '3m 05s', '2h 10m']);
});
