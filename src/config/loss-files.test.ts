import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileLoss } from '../losses/registry.js';
import { loadConfig } from './load.js';
import { loadLossFiles } from './loss-files.js';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'fathom-losses-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const write = (name: string, text: string) => {
  const file = join(root, name);
  writeFileSync(file, text);
  return file;
};

const head = `import { defineLoss, graph } from 'fathom';\nimport { z } from 'zod';\n`;
const loss = (fields: string) =>
  `${head}export const mine = defineLoss({ summary: 's', source: 'here', options: z.strictObject({}), ${fields} });\n`;
const good = loss(`name: 'mine', task: 'depth', evaluate: ({ logits }) => graph.mean(logits)`);

describe('loadLossFiles', () => {
  it('loads TypeScript and JavaScript from anywhere, with Fathom itself as import', async () => {
    write('helper.ts', 'export enum Sign { minus = -1 }\n');
    const typed = write(
      'typed.ts',
      `import type { Loss } from 'fathom';\nimport { Sign } from './helper';\n${good.replace('mine =', 'mine: Loss =').replace('graph.mean(logits)', 'graph.mul(graph.mean(logits), Sign.minus)')}`,
    );
    const plain = write('plain.mjs', good.replace("'mine'", "'other'"));
    const byDefault = write(
      'default.js',
      `${head}export default defineLoss({ name: 'third', task: 'segmentation', summary: 's', source: 'x', options: z.strictObject({}), evaluate: ({ logits }) => graph.mean(logits) });\n`,
    );
    const files = await loadLossFiles([typed, plain, byDefault, typed]);
    expect(files.map(({ losses }) => losses.map(({ name }) => name))).toEqual([
      ['mine'],
      ['other'],
      ['third'],
    ]);
    const own = files.flatMap(({ losses }) => losses);
    expect(compileLoss('2*mine + other', 'depth', own).names).toEqual(['mine', 'other']);
  });

  it('hashes the file and what it imports', async () => {
    const file = write('hashed.ts', `import { one } from './one';\nvoid one;\n${good}`);
    const hash = async (one: string) => {
      write('one.ts', `export const one = ${one};\n`);
      return (await loadLossFiles([file]))[0].hash;
    };
    const first = await hash('1');
    expect(await hash('2')).not.toBe(first);
    expect(await hash('1')).toBe(first);
  });

  const scalarHint = 'reduce it, with pixelMean(map, valid) or graph.mean(map)';
  it.each([
    ['nothing.ts', 'export {};', 'expected an exported loss, got nothing', 'defineLoss'],
    ['helper-only.ts', 'export const half = 0.5;', 'expected an exported loss, got half', 'defineLoss'],
    ['syntax.ts', 'export const = 3;', 'cannot be loaded: ', 'mend the file'],
    ['throws.ts', 'throw new Error("no luck");', 'cannot be loaded: no luck', 'mend the file'],
    ['missing-import.ts', 'import "./gone.js";', "cannot be loaded: Cannot find module './gone.js'", 'mend'],
    ['loss.txt', good, 'expected a file of losses that ends in .ts', ''],
    [
      'task.ts',
      good.replace("'depth'", "'depths'"),
      "mine: unknown task 'depths': did you mean 'depth'?",
      '',
    ],
    ['unnamed.ts', good.replace("'mine'", "'my loss'"), 'expected a loss with a name such as', ''],
    ['options.ts', good.replace('z.strictObject({})', '{}'), 'expected options to be a zod schema', 'strict'],
    [
      'clash.ts',
      good.replace("'mine'", "'rmse'"),
      "the depth loss 'rmse' is already one of Fathom",
      'another',
    ],
    [
      'shape.ts',
      good.replace('graph.mean(logits)', 'logits'),
      'scalar, got shape [2, 1, 16, 16]',
      scalarHint,
    ],
    ['number.ts', good.replace('graph.mean(logits)', '3'), 'to give a tensor, got number', ''],
    ['failing.ts', good.replace('graph.mean(logits)', 'logits.size()'), 'mine: evaluate failed: ', '--debug'],
    ['graph.ts', good.replace('graph.mean(logits)', 'graph.mean(logits, [7])'), 'axis must be in', ''],
  ])('refuses %s', async (name, text, message, hint) => {
    const file = write(name, text);
    const error = await loadLossFiles([file]).catch((reason) => reason);
    expect(error.code).toBe('usage');
    expect(error.message).toContain(`${file}: `);
    expect(error.message).toContain(message);
    expect(error.hint ?? '').toContain(hint);
  });

  it('refuses a name that two files give', async () => {
    const [a, b] = [write('a.ts', good), write('b.ts', good)];
    await expect(loadLossFiles([a, b])).rejects.toThrow(`${b}: the depth loss 'mine' is already one of ${a}`);
  });

  it('loads the example', async () => {
    const file = fileURLToPath(new URL('../../examples/losses/own.ts', import.meta.url));
    const [{ losses }] = await loadLossFiles([file]);
    expect(losses.map(({ name }) => name)).toEqual(['dice-power', 'near-first']);
  });
});

describe('losses of a configuration', () => {
  it('are relative to it, and their names are known in its expressions', async () => {
    write('mine.ts', good);
    const file = write('study.yaml', 'losses: [mine.ts]\nstudy: { pairs: [[bce, 2*mine]] }\n');
    const config = await loadConfig({ file, checkLoss: compileLoss });
    expect(config.losses).toEqual([join(root, 'mine.ts')]);
    const wrong = write('wrong.yaml', 'losses: [mine.ts]\nstudy: { pairs: [[bce, mint]] }\n');
    await expect(loadConfig({ file: wrong, checkLoss: compileLoss })).rejects.toThrow("did you mean 'mine'?");
    const gone = write('gone.yaml', 'name: a\nlosses: [gone.ts]\n');
    await expect(loadConfig({ file: gone, checkLoss: compileLoss })).rejects.toThrow(
      `gone.yaml:2:9: losses: ${join(root, 'gone.ts')}: no such file`,
    );
  });
});
