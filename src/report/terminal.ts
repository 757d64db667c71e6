/** The table of a study for a terminal: at most 100 columns, plain where colour is not wanted. */
import Table from 'cli-table3';
import pc from 'picocolors';
import type { StudyResults } from '../study/results.js';
import { failures } from './cautions.js';
import { describeStudy } from './labels.js';
import { type StudyTable, studyTable, type TableRow, tableNotes } from './table.js';
import { verdict } from './verdict.js';

/** Options of {@link terminalTable}. */
export interface TerminalOptions {
  /** Default: whether the terminal shows colour, by `NO_COLOR`, `FORCE_COLOR` and whether it is a terminal. */
  readonly colour?: boolean;
  /** Columns of the terminal; default 100. */
  readonly width?: number;
}

const narrowestName = 8;

/** Breaks text into lines of at most `width`: at spaces; longer words after `,`, `+` and `(`, or else anywhere. */
export function breakLines(text: string, width: number): string[] {
  const whole = new RegExp(`.{1,${width}}`, 'gu');
  const pieces = (text.match(/\S+\s*/g) ?? [])
    .flatMap((word) => (word.trimEnd().length > width ? (word.match(/[^,+(]*[,+(]?\s*/g) ?? []) : [word]))
    .flatMap((piece) => (piece.trimEnd().length > width ? (piece.match(whole) ?? []) : [piece]));
  const lines = [''];
  for (const piece of pieces) {
    const joined = lines[lines.length - 1] + piece;
    if (joined.trimEnd().length <= width) lines[lines.length - 1] = joined;
    else lines.push(piece);
  }
  return lines.map((line) => line.trimEnd());
}

/** Widths of the name columns: as wide as they need, the widest cut back until the table fits. */
function nameWidths(table: StudyTable, available: number): number[] {
  const rows = [...table.arms, ...table.controls];
  const widths = table.nameHeadings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row.names[column].length)),
  );
  const total = () => widths.reduce((sum, width) => sum + width, 0);
  while (total() > available && Math.max(...widths) > narrowestName)
    widths[widths.indexOf(Math.max(...widths))] -= 1;
  return widths;
}

/**
 * The verdict, the table and its notes. No maximum is highlighted: the verdict says which differences mean something.
 *
 * @example process.stdout.write(terminalTable(results))
 */
export function terminalTable(results: StudyResults, options: TerminalOptions = {}): string {
  const { colour = pc.isColorSupported, width = 100 } = options;
  const { bold, dim, red, yellow } = pc.createColors(colour);
  const table = studyTable(results);
  const rows = [...table.arms, ...table.controls];
  const numberWidths = table.headings.map((heading, column) =>
    Math.max(...heading.map((line) => line.length), ...rows.map((row) => row.cells[column]?.length ?? 0)),
  );
  const columns = table.nameHeadings.length + numberWidths.length;
  // Two blanks between columns: one of padding, one of border, since a spanning cell takes borders for one wide.
  const gaps = 2 * columns - 1;
  const numbers = numberWidths.reduce((sum, cell) => sum + cell, 0);
  const names = nameWidths(table, width - gaps - numbers);
  const total = names.reduce((sum, cell) => sum + cell, 0) + gaps - 1 + numbers;

  const drawn = new Table({
    chars: {
      ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
      ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
      ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: ' ' },
    },
    style: { 'padding-left': 0, 'padding-right': 1, head: [], border: [] },
    colWidths: [...names, ...numberWidths].map((cell) => cell + 1),
    colAligns: [...names.map(() => 'left' as const), ...numberWidths.map(() => 'right' as const)],
    wordWrap: true,
  });
  const rule = () => drawn.push([{ colSpan: columns, content: dim('─'.repeat(total)) }]);
  const nameCells = (texts: readonly string[]) =>
    texts.map((text, i) => breakLines(text, names[i]).join('\n'));
  const add = (row: TableRow, paint: (text: string) => string) => {
    const cells =
      row.failure === undefined
        ? row.cells.map(paint)
        : [{ colSpan: numberWidths.length, content: red(row.failure), hAlign: 'left' as const }];
    drawn.push([...nameCells(row.names).map(paint), ...cells]);
  };
  const headings = [...nameCells(table.nameHeadings), ...table.headings.map((lines) => lines.join('\n'))];
  drawn.push(headings.map((text) => bold(text)));
  rule();
  for (const row of table.arms) add(row, (text) => text.replace(/ ±.*/, (interval) => dim(interval)));
  if (table.controls.length > 0) rule();
  for (const row of table.controls) add(row, dim);

  const lines = (text: string, paint: (line: string) => string) =>
    breakLines(text, width).map((line) => paint(line));
  const bullet = (text: string, paint: (line: string) => string) =>
    breakLines(text, width - 2).map((line, i) => paint(`${i === 0 ? '- ' : '  '}${line}`));
  const { headline, findings, cautions } = verdict(results);
  const broken = failures(results).map(
    ({ runs, status, cause }) => `${runs} ${status}${cause && `: ${cause}`}.`,
  );
  return [
    ...lines(`Study ${results.study} · ${describeStudy(results)}`, bold),
    '',
    ...lines(headline, bold),
    ...findings.flatMap((finding) => bullet(finding, (line) => line)),
    '',
    drawn.toString().replace(/ +$/gm, ''),
    '',
    ...tableNotes(results).flatMap((note) => lines(note, dim)),
    ...broken.flatMap((line) => lines(line, red)),
    '',
    ...(cautions.length > 0 ? lines('Do not conclude:', yellow) : []),
    ...cautions.flatMap((caution) => bullet(caution, yellow)),
    '',
  ].join('\n');
}
