import { describe, expect, it } from 'vitest';
import type { StudyResults } from '../study/results.js';
import { failures } from './cautions.js';
import { references } from './controls.js';
import { csvField, csvTable } from './csv.js';
import { armLabel, figureMetrics } from './labels.js';
import { markdownReport } from './markdown.js';
import { matchPublished, publishedRows } from './published.js';
import {
  factorialStudy,
  failedStudy,
  fakeArm,
  fakeResults,
  fakeRun,
  publishedStudy,
  seededStudy,
} from './results.fixture.js';
import { parseResults, resultsJson } from './results-json.js';
import { breakLines, terminalTable } from './terminal.js';

/** Splits CSV as RFC 4180 says, to check what was written by another route. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, field, end] of text.matchAll(/("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/g)) {
    rows.at(-1)?.push(field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field);
    if (end === '\r\n') rows.push([]);
  }
  return rows.slice(0, -1);
}

describe('terminalTable', () => {
  const text = terminalTable(publishedStudy, { colour: false });

  it('fits 100 columns and has no colour codes when plain', () => {
    for (const table of [text, terminalTable(seededStudy, { colour: false })]) {
      expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
      expect(table).not.toContain('\u001b');
      expect(table).not.toContain('…');
    }
    expect(terminalTable(publishedStudy, { colour: true })).toContain('\u001b[1m');
  });

  it('shows each arm, the failed one with its cause, and the controls below a rule', () => {
    const lines = text.split('\n');
    expect(lines.find((line) => line.startsWith('bce-dice') && line.includes('rmse'))).toMatch(
      /0\.7800 +0\.1220 +1\.2200 +0\.3900 +0\.1320 +104\.3 +21\.3$/,
    );
    const failed = lines.findIndex((line) => line.includes('failed: the loss is not finite at step 12'));
    expect(lines[failed]).toContain('berhu');
    expect(lines[failed + 1]).toMatch(/^─+$/);
    expect(lines[failed + 2]).toMatch(/^predict everything +predict the mean +0\.3000/);
  });

  it('refuses an order for one seed, and gives ranks and intervals with several', () => {
    expect(text).toContain('With one seed no order is claimed');
    expect(text).not.toContain('rank ');
    const seeded = terminalTable(seededStudy, { colour: false });
    // 0.715 and its t interval over four seeds, 0.0205, joined by that of the images.
    expect(seeded).toMatch(/0\.715 ±0\.021 +2 /);
    expect(seeded).toMatch(/0\.810 ±0\.\d+ +1 ● /);
  });

  it('names the runs that collapsed or failed beside finished ones', () => {
    expect(failures(failedStudy)).toEqual([
      { runs: 'bce-dice · ssim, seed 3', status: 'collapsed', cause: 'the mask is all background' },
      { runs: 'bce-dice · ssim, seed 4', status: 'failed', cause: 'out of memory' },
    ]);
    const lines = terminalTable(failedStudy, { colour: false });
    expect(lines).toContain('bce-dice · ssim, seed 4 failed: out of memory.');
  });

  it('puts runs of one cause in a line, and all that did not finish in one', () => {
    const ended = (cause: string) => (seed: number) =>
      fakeRun(seed, 0, {
        status: cause === 'not finished' ? 'interrupted' : 'failed',
        cause,
        metrics: {},
      });
    const results = fakeResults([
      fakeArm('bce', 'rmse', [0, 1].map(ended('NaN at step 3'))),
      fakeArm('dice', 'rmse', [ended('out of memory')(0), ...[1, 2].map(ended('not finished'))]),
      fakeArm('dice', 'l1', [0, 1, 2].map(ended('not finished'))),
    ]);
    expect(failures(results).map(({ runs, cause }) => [runs, cause])).toEqual([
      ['bce · rmse, seeds 0 and 1', 'NaN at step 3'],
      ['dice · rmse, seed 0', 'out of memory'],
      ['5 runs of 2 arms', expect.stringContaining('not finished')],
    ]);
  });

  it('breaks long words without losing a character', () => {
    const loss = 'tversky(alpha=0.6, beta=0.5) + verylongunbreakableword';
    for (const width of [8, 12, 30]) {
      const lines = breakLines(loss, width);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
      expect(lines.join('').replaceAll(' ', '')).toBe(loss.replaceAll(' ', ''));
    }
    expect(breakLines(loss, 30)[0]).toBe('tversky(alpha=0.6, beta=0.5) +');
    expect(breakLines('', 5)).toEqual(['']);
  });
});

describe('references', () => {
  it('names a control by its rule for the task, once', () => {
    expect(references(publishedStudy.arms, 'miou').map((line) => line.label)).toEqual([
      'predict everything',
      'predict nothing',
    ]);
    const rmse = references(publishedStudy.arms, 'mrmse');
    expect(rmse).toHaveLength(1);
    expect(rmse[0]).toMatchObject({ metric: 'mrmse', label: 'predict the mean' });
    expect(rmse[0].value).toBeCloseTo(0.17, 12);
  });
});

describe('csvTable', () => {
  it('quotes commas, quotes and line breaks', () => {
    expect(csvField('a "b", c')).toBe('"a ""b"", c"');
    expect(csvField('two\nlines')).toBe('"two\nlines"');
    expect(csvField(Number.NaN)).toBe('');
    expect(csvField(undefined)).toBe('');
  });

  it('has one row a run of equal length, full precision, and CRLF', () => {
    const cause = 'wrong, "very"\nwrong';
    const failed = fakeResults([
      fakeArm('a', 'b', [fakeRun(0, 0, { status: 'failed', cause, metrics: {} })]),
    ]);
    const arms = [...publishedStudy.arms, ...failed.arms];
    const rows = parseCsv(csvTable({ ...publishedStudy, arms }));
    expect(rows).toHaveLength(1 + arms.length);
    expect(new Set(rows.map((row) => row.length)).size).toBe(1);
    const column = (name: string) => rows[0].indexOf(name);
    expect(rows[0].slice(-5)).toEqual(['miou', 'mrmse', 'rmseMetres', 'publishedMiou', 'publishedMrmse']);
    expect(rows[3][column('segmentation')]).toBe('tversky(alpha=0.6, beta=0.5)');
    expect(Number(rows[1][column('mrmse')])).toBe(0.2 - 0.61 / 10);
    expect(rows.at(-1)?.[column('cause')]).toBe(cause);
    expect(rows.at(-1)?.[column('miou')]).toBe('');
  });
});

describe('results.json', () => {
  /** The same results with all keys the other way round. */
  const reversed = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(reversed)
      : value && typeof value === 'object'
        ? Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([key, entry]) => [key, reversed(entry)]),
          )
        : value;

  it('has the same bytes whatever the order of keys, and comes back equal', () => {
    const text = resultsJson(factorialStudy);
    expect(resultsJson(reversed(factorialStudy) as StudyResults)).toBe(text);
    expect(parseResults(text, 'results.json')).toEqual(factorialStudy);
    expect(Object.keys(JSON.parse(text).arms[0].runs[0].metrics)[0]).toBe('miou');
  });

  it('keeps a metric that is not finite', () => {
    const run = fakeRun(0, 0.5, { metrics: { miou: Number.NaN } });
    const text = resultsJson(fakeResults([fakeArm('bce', 'rmse', [run])]));
    expect(parseResults(text, 'results.json').arms[0].runs[0].metrics.miou).toBeNaN();
  });

  it('says which file is broken', () => {
    expect(() => parseResults('{"study": ', 'runs/x/results.json')).toThrow(
      /^runs\/x\/results\.json: not valid JSON/,
    );
    expect(() => parseResults('null', 'r.json')).toThrow('r.json: expected the results of a study');
    expect(() => parseResults('{}', 'r.json')).toThrow('r.json: expected the results of a study');
  });
});

describe('the published table', () => {
  it('has ten rows, each matched by its arm, in other spellings too', () => {
    expect(publishedRows).toHaveLength(10);
    expect(matchPublished(publishedStudy)).toHaveLength(9); // one arm failed
    const spelt = fakeArm('bce + 2*dice', 'rmse', [fakeRun(0, 0.7)]);
    expect(matchPublished(fakeResults([spelt]))[0].published.mrmse).toBe(0.0774587);
  });

  it('ranks among the rows that have an arm', () => {
    const [bce, ...others] = matchPublished(publishedStudy);
    expect(bce.ranks).toEqual({ publishedMiou: 9, ourMiou: 8, publishedMrmse: 6, ourMrmse: 8 });
    const second = others.find((match) => match.published.again);
    expect(second?.arm.kind).toBe('duplicate');
    expect(second?.ranks.ourMiou).toBe(2);
  });
});

describe('markdownReport', () => {
  const figures = {
    comparison: 'figures/comparison.png',
    arms: { bce__bce: { predictions: 'figures/bce bce.png' } },
  };
  const text = markdownReport(publishedStudy, {
    command: 'npx fathom study study.yaml',
    figures,
  });

  it('has tables whose rows all have the columns of their head', () => {
    const tables = text.split('\n\n').filter((block) => block.startsWith('|'));
    expect(tables).toHaveLength(3);
    for (const table of tables) {
      const widths = table.split('\n').map((line) => line.replaceAll('\\|', '').split('|').length);
      expect(new Set(widths).size).toBe(1);
    }
  });

  it('links the figures it was given and no others', () => {
    expect(text).toContain('](figures/comparison.png)');
    expect(text).toContain('](figures/bce%20bce.png)');
    expect(text.match(/!\[/g)).toHaveLength(2);
  });

  it('shows the failure, the published ranking with its caveat, and how to repeat it', () => {
    expect(text).toContain('| bce-dice | berhu | **failed: the loss is not finite at step 12** |  |');
    expect(text).toContain('0.4366 (6) | 0.3900 (1) | 0.0775 (1)');
    expect(text).toContain('Only the ranking, in brackets, can be compared');
    expect(text).toContain('```sh\nnpx fathom study study.yaml\n```');
    expect(text).toContain('[study.yaml](study.yaml)');
  });

  it('does not let a loss break the table', () => {
    const arm = fakeArm('2*bce + 3*dice', 'rmse', [fakeRun(0, 0.7)]);
    const results = fakeResults([
      { ...arm, arm: { ...arm.arm, model: 'wide | deep' } },
      fakeArm('bce', 'l1', []),
    ]);
    expect(markdownReport(results, { command: 'x' })).toContain(
      '| 2\\*bce + 3\\*dice | rmse | wide \\| deep |',
    );
  });
});

describe('labels', () => {
  it('name the model only where there are several', () => {
    const runs = [fakeRun(0, 0.5)];
    const arm = fakeArm('bce', 'rmse', runs);
    const alone = fakeResults([arm]);
    expect(armLabel(alone.arms[0], alone)).toBe('bce · rmse');
    const both = fakeResults([arm, fakeArm('bce', 'rmse', runs, 'duplicate', 'resunet-wide')]);
    expect(armLabel(both.arms[1], both)).toBe('bce · rmse · resunet-wide (again)');
  });

  it('give figures metres where they are known', () => {
    const results = fakeResults([]);
    expect(figureMetrics(results).map((info) => info.label)).toEqual(['mIoU', 'RMSE (m)']);
    const relative = { ...results, dataset: { ...results.dataset, depthUnit: '' } };
    expect(figureMetrics(relative).map((info) => info.label)).toEqual(['mIoU', 'RMSE (0–1)']);
  });
});
