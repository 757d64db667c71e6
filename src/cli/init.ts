/** `fathom init`: writes a commented `fathom.yaml` for a folder or zip archive of the user's images. */
import { writeFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { FathomError } from '../errors.js';
import type { Register } from './context.js';
import type { Layout } from './guess-layout.js';

/** A text as YAML, quoted where it must be. */
const quote = (text: string) => (/^[\w./-]+$/.test(text) ? text : JSON.stringify(text));

/**
 * The text of `fathom.yaml` for data at `path`, with what was guessed of its layout.
 *
 * @example starterConfig('rooms.zip', await guessLayout('rooms.zip'))
 */
export function starterConfig(path: string, layout: Layout, schema: string): string {
  const { image, mask, depth, background } = layout;
  const note = (found: string | undefined) =>
    found === undefined ? '   # not found: write its name here' : '';
  const wide = layout.depthBits === 16;
  return `# yaml-language-server: $schema=${schema}
name: my-study
seed: 0

dataset:
  kind: folder
  path: ${quote(path)}
  image: ${quote(image ?? 'image')}${note(image)}
  mask:
    folder: ${quote(mask ?? 'mask')}${note(mask)}
    # Without these two the files are grey masks, 0 to 255. For label maps, list the labels of either side:
    # foreground: [1]
    # background: [0]
    # ignore: [255]
  depth:
    folder: ${quote(depth ?? 'depth')}${note(depth)}
    # depth = stored integer × scale, in unit; check both against your files.
    scale: ${wide ? '1/1000' : '1/255'}   # ${wide ? '16 bit, taken for millimetres' : '8 bit, taken for relative depth'}
    maxDepth: ${wide ? 10 : 1}   # becomes 1 for the network; deeper pixels are not counted
    unit: ${wide ? 'm' : "''"}
    invalid: [0]   # stored integers that mean "not measured"
${background === undefined ? '  # background: { folder: bg }   # the scenes without their foreground, where you have them' : `  background: { folder: ${quote(background)} }`}
  # scene: { block: 10 }   # neighbours, such as frames of one video, that must not fall into different splits
  size: 96   # a multiple of 16, or [height, width]
  split: { validation: 0.15, test: 0.15 }

model: { kind: resunet, width: 16 }

train:
  epochs: 10
  batch: 16
  schedule: { kind: one-cycle, maxLr: 0.01 }

study:
  pairs: published   # or factorial, or a list such as [[bce-dice, rmse], [dice, l1]]
  seeds: 1           # five or more for a claim
`;
}

/** Adds `fathom init` to the program. */
export const register: Register = (program, context) => {
  program
    .command('init')
    .description('write a commented fathom.yaml for a folder or .zip file of your images')
    .argument('[data]', 'the folder or .zip file', '.')
    .option('--out <file>', 'where to write', 'fathom.yaml')
    .option('--force', 'replace the file when it exists')
    .action(async (data: string, { out, force }: { out: string; force?: boolean }) => {
      const [{ guessLayout }, { schemaFile }] = await Promise.all([
        import('./guess-layout.js'),
        import('../config/json-schema.js'),
      ]);
      const layout = await guessLayout(data);
      const path = relative(resolve(out, '..'), data) || '.';
      await write(out, starterConfig(path, layout, schemaFile()), force ?? false);
      const found = (['image', 'mask', 'depth', 'background'] as const)
        .flatMap((role) => (layout[role] === undefined ? [] : [`${role} in ${layout[role]}/`]))
        .join(', ');
      context.stdout.write(`wrote ${out}${found && ` (${found})`}\nnext: fathom study ${out}\n`);
    });
};

async function write(file: string, text: string, force: boolean): Promise<void> {
  try {
    await writeFile(file, text, { flag: force ? 'w' : 'wx' });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST')
      throw new FathomError('usage', `${file}: exists already`, {
        hint: 'give --force to replace it, or --out',
        cause,
      });
    throw new FathomError('usage', `${file}: cannot be written (${code ?? message})`, {
      hint: 'give a file in a folder you can write to with --out',
      cause,
    });
  }
}
