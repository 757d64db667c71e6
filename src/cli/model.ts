/** `fathom model`: lists the networks, and shows the layers of one. */
import Table from 'cli-table3';
import type { Command } from 'commander';
import { FathomError, unknownValue } from '../errors.js';
import type { Model } from '../models/model.js';
import { findModel, models } from '../models/registry.js';
import { gatherModules, type LayerSummary, summariseModel } from '../models/summary.js';
import type { CliContext, Output, Register } from './context.js';
import { integerFlag, sizeFlag } from './number-flags.js';

interface ModelFlags {
  readonly width: number;
  readonly size: [height: number, width: number];
  readonly background: boolean;
  readonly layers?: boolean;
  readonly json?: boolean;
}

/** Adds `fathom model list | show` to the program. */
export const register: Register = (program, context) => {
  const family = program.command('model').description('list and explain the networks');
  withFlags(family.command('list'))
    .description('all networks, with their parameters and multiply-adds')
    .action((flags: ModelFlags) => list(flags, context));
  withFlags(family.command('show'))
    .description('layers, shapes, parameters and multiply-adds of one network')
    .argument('[kind]', 'architecture', 'resunet')
    .option('--layers', 'every layer instead of modules')
    .action((kind: string, flags: ModelFlags) => show(kind, flags, context));
};

const withFlags = (command: Command): Command =>
  command
    .option('--width <channels>', 'channels at full resolution', integerFlag('width'), 8)
    .option('--size <pixels>', 'of the images, such as 64 or 96x128', sizeFlag('size'), [64, 64])
    .option('--no-background', 'networks that see the image alone')
    .option('--json', 'print JSON');

function summarise(model: Model, { width, size, background }: ModelFlags): LayerSummary[] {
  if (size.some((side) => side % model.stride !== 0))
    throw new FathomError('usage', `--size: expected multiples of ${model.stride}, got ${size.join('x')}`);
  return summariseModel(model, { width, size, channels: background ? 6 : 3 });
}

const total = (layers: readonly LayerSummary[]) => ({
  parameters: layers.reduce((sum, { parameters }) => sum + parameters, 0),
  multiplyAdds: layers.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0),
});

function list(flags: ModelFlags, { stdout }: CliContext): void {
  const rows = models.map((model) => ({
    ...{
      name: model.name,
      summary: model.summary,
      stride: model.stride,
      width: flags.width,
      size: flags.size,
    },
    ...total(summarise(model, flags)),
  }));
  if (flags.json) stdout.write(`${JSON.stringify({ models: rows })}\n`);
  else
    writeTable(
      stdout,
      ['network', 'parameters', 'multiply-adds', 'what'],
      [1, 2],
      [
        ...rows.map(({ name, parameters, multiplyAdds, summary }) => [
          ...[name, grouped(parameters), grouped(multiplyAdds), summary],
        ]),
      ],
    );
}

function show(kind: string, flags: ModelFlags, { stdout }: CliContext): void {
  const model = findModel(kind);
  if (!model)
    throw new FathomError(
      'usage',
      unknownValue(
        'model',
        kind,
        models.map(({ name }) => name),
      ),
      {
        hint: 'fathom model list shows them all',
      },
    );
  const layers = summarise(model, flags);
  const rows = flags.layers ? layers : gatherModules(layers);
  const { name, summary } = model;
  const { width, size, background } = flags;
  if (flags.json) {
    stdout.write(
      `${JSON.stringify({ name, summary, width, size, background, ...total(layers), layers: rows })}\n`,
    );
    return;
  }
  stdout.write(`${name}: ${summary}\n`);
  stdout.write(`width ${width}, ${background ? 'background and image' : 'image'} of ${size.join('×')}\n\n`);
  const all = total(layers);
  writeTable(
    stdout,
    ['layer', 'kind', 'output', 'parameters', 'multiply-adds'],
    [3, 4],
    [
      ...rows.map(({ name: layer, kind: what, output, parameters, multiplyAdds }) => [
        ...[layer, what, output?.join('×') ?? '', grouped(parameters)],
        multiplyAdds === 0 ? '' : grouped(multiplyAdds),
      ]),
      [
        'all',
        `${layers.length} layers`,
        `2 of 1×${size.join('×')}`,
        grouped(all.parameters),
        grouped(all.multiplyAdds),
      ],
    ],
  );
}

const grouped = (count: number): string => count.toLocaleString('en-US');

/** Columns without borders; those in `right` are numbers. */
function writeTable(stdout: Output, head: string[], right: readonly number[], rows: string[][]): void {
  const table = new Table({
    head,
    colAligns: head.map((_, i) => (right.includes(i) ? 'right' : 'left')),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    chars: Object.fromEntries(
      ['top', 'bottom', 'left', 'right', 'mid'].flatMap((side) =>
        [side, `${side}-mid`, `${side}-left`, `${side}-right`].map((part) => [part, '']),
      ),
    ),
  });
  table.options.chars.middle = '';
  table.push(...rows);
  const text = table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
  stdout.write(`${text.join('\n')}\n`);
}
