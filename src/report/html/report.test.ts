import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { latexTable } from '../latex.js';
import type { Provenance } from '../provenance.js';
import {
  factorialStudy,
  failedStudy,
  fakeArm,
  fakeResults,
  fakeRun,
  publishedStudy,
} from '../results.fixture.js';
import { htmlReport } from './report.js';

const provenance: Provenance = {
  command: 'npx fathom study study.yaml --out again',
  config: 'name: a <b> & c\n',
  shared: [['node', '20.19.0']],
  headings: ['run', 'identity'],
  runs: [['bce__bce/seed-0', '0123456789abcdef']],
};
const figures = {
  comparison: '<svg id="dots"></svg>',
  errors: ['<img alt="errors" src="data:image/webp;base64,AA">'],
};

const page = (results = factorialStudy) => {
  const html = htmlReport(results, { figures, provenance });
  return { html, document: parseHTML(html).document };
};

describe('htmlReport', () => {
  it('loads nothing: no script, no style sheet, no address', () => {
    const { html, document } = page();
    expect(document.querySelectorAll('script, link, iframe, object')).toHaveLength(0);
    expect(html).not.toMatch(/https?:|@import|url\(/);
  });

  it('begins with the verdict, then what not to conclude, then the table', () => {
    const { html } = page();
    const places = [
      'class="headline"',
      'What not to conclude',
      'id="table"',
      'id="dots"',
      'id="errors"',
      'id="repeat"',
    ];
    const found = places.map((text) => html.indexOf(text));
    expect(found).toEqual([...found].sort((a, b) => a - b));
    expect(found[0]).toBeGreaterThan(0);
  });

  it('shows every arm with intervals and rank intervals, and marks who is tied, not who is first', () => {
    const { document } = page();
    const rows = [...document.querySelectorAll('#table tbody')][0].querySelectorAll('tr');
    expect(rows).toHaveLength(12);
    expect(rows[0].textContent).toMatch(/^1dice.*0\.80\d \[0\.\d{3}, 0\.\d{3}\]1–3 ●/);
    expect(document.querySelectorAll('#table tbody tr .tied')).toHaveLength(6);
    expect(document.querySelectorAll('#table b')).not.toHaveLength(0);
    expect([...document.querySelectorAll('details summary')].map((one) => one.textContent)).toEqual(
      expect.arrayContaining(['Every metric', 'Every pair in mIoU: 45 differences', 'Hashes of 1 run']),
    );
  });

  it('marks a study of few seeds as preliminary, and shows the published study beside it', () => {
    const { document } = page(publishedStudy);
    expect(document.querySelector('.badge')?.textContent).toBe('preliminary: 1 seed');
    expect(document.querySelectorAll('#published tbody tr')).toHaveLength(9);
    expect(page().document.querySelector('.badge')).toBeNull();
  });

  it('gives failures with their cause', () => {
    expect(page(failedStudy).document.querySelector('#failures')?.textContent).toContain('out of memory');
    const failed = fakeRun(0, 0, { status: 'failed', cause: 'NaN at <step> 3', metrics: {} });
    const { html } = page(fakeResults([fakeArm('bce', 'rmse', [failed])]));
    expect(html).toContain('failed: NaN at &lt;step&gt; 3');
    expect(html).not.toMatch(/NaN\b(?! at)|undefined/);
  });

  it('has what is needed to repeat it, its text escaped', () => {
    const { html } = page();
    expect(html).toContain('<pre>npx fathom study study.yaml --out again</pre>');
    expect(html).toContain('name: a &lt;b&gt; &amp; c');
    expect(html).toContain('0123456789abcdef');
  });
});

describe('latexTable', () => {
  const lines = latexTable(factorialStudy).trimEnd().split('\n');

  it('is a tabular with as many cells in each row as it has columns', () => {
    const columns = lines
      .find((line) => line.startsWith('\\begin{tabular}'))!
      .match(/\{([lr]+)\}$/)![1].length;
    const rows = lines.filter((line) => line.endsWith('\\\\'));
    expect(rows).toHaveLength(13);
    for (const row of rows) expect(row.split(' & ')).toHaveLength(columns);
    expect(lines.filter((line) => line.includes('rule'))).toHaveLength(4);
  });

  it('has no character that LaTeX would stumble over', () => {
    const body = lines.filter((line) => !line.startsWith('%')).join('\n');
    expect(body).toMatch(/^[\x20-\x7e\n]*$/);
    expect(body).toContain('$\\bullet$');
    expect(latexTable(publishedStudy)).toContain('\\emph{failed: the loss is not finite at step 12}');
    const odd = fakeResults([fakeArm('bce_dice #1 & 50%', 'rmse', [fakeRun(0, 0.5)])]);
    expect(latexTable(odd)).toContain('bce\\_dice \\#1 \\& 50\\%');
  });
});
