/** `fathom doctor`: what works on this machine, and what to do about what does not. */
import { access, constants } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, availableParallelism, cpus, freemem, platform, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { createColors } from 'picocolors';
import { FathomError } from '../errors.js';
import type { Register } from './context.js';

/** One line of the doctor's report. `absent`: not here, and not needed by everyone. */
export interface Check {
  readonly name: string;
  readonly status: 'ok' | 'absent' | 'failed';
  readonly detail: string;
  readonly hint?: string;
}

const devices = ['cpu', 'cuda', 'webgpu'] as const;

/** The first line of an error without what only its authors can read: source files, lines and assertions. */
const oneLine = (error: unknown) =>
  (error as Error).message
    .split('\n')[0]
    .replace(/^device '\w+': /, '')
    .replace(/^\/\S+:\d+ .* was false\. /, '');

const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GB`;

function checkMachine(): Check[] {
  const cores = availableParallelism();
  return [
    { name: 'Node.js', status: 'ok', detail: `${process.versions.node} on ${platform()} ${arch()}` },
    {
      name: 'CPU',
      status: 'ok',
      detail: `${cpus()[0]?.model.trim() || 'unknown'}, ${cores} core${cores === 1 ? '' : 's'}`,
    },
    { name: 'memory', status: 'ok', detail: `${gigabytes(totalmem())}, ${gigabytes(freemem())} free` },
  ];
}

async function checkRuntime(): Promise<Check> {
  try {
    const { env } = await import('onnxruntime-node');
    // A device that is missing is reported here, in words; the library need not log it too.
    env.logLevel = 'fatal';
    return { name: 'onnxruntime-node', status: 'ok', detail: env.versions.node ?? 'unknown version' };
  } catch (error) {
    return {
      name: 'onnxruntime-node',
      status: 'failed',
      detail: oneLine(error),
      hint: `it has no build for ${platform()} ${arch()}, or is not installed: run npm ci`,
    };
  }
}

/** The one command that adds CUDA: npm's install scripts are off, since a CPU user needs none of them. */
function cudaCommand(): string {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node');
  return `node ${resolve(entry, '../../script/install.js')} --onnxruntime-node-install=cuda12`;
}

/** Whether a device computes 2 × 3: asking for it is the only way to know. */
async function checkDevice(device: (typeof devices)[number]): Promise<Check> {
  const name = `device ${device}`;
  try {
    const [{ input, mul }, { compile }] = await Promise.all([
      import('../graph/index.js'),
      import('../runtime/node.js'),
    ]);
    const program = await compile({ y: mul(input('x', [1]), 2) }, { device, threads: 1 });
    const { y } = await program.run({ x: Float32Array.of(3) });
    await program.dispose();
    if (y[0] !== 6) throw new Error(`computed 2 × 3 = ${y[0]}`);
    return { name, status: 'ok', detail: 'computes' };
  } catch (error) {
    if (device === 'cpu') return { name, status: 'failed', detail: oneLine(error) };
    const hint = device === 'cuda' ? `with an NVIDIA GPU and CUDA 12, run: ${cudaCommand()}` : undefined;
    return { name, status: 'absent', detail: oneLine(error), hint };
  }
}

async function checkWriting(folder: string): Promise<Check> {
  try {
    await access(folder, constants.W_OK);
    return { name: 'writing', status: 'ok', detail: `runs are written below ${folder}` };
  } catch {
    return {
      name: 'writing',
      status: 'failed',
      detail: `${folder} cannot be written to`,
      hint: 'work in another folder, or give --out',
    };
  }
}

async function checkData(folder: string | undefined): Promise<Check> {
  const name = 'FATHOM_DATA';
  if (!folder) return { name, status: 'absent', detail: 'not set; only the tests on real images read it' };
  try {
    await access(folder, constants.R_OK);
    return { name, status: 'ok', detail: folder };
  } catch {
    return { name, status: 'absent', detail: `${folder} cannot be read` };
  }
}

/** Runs every check, in the order of the report. */
export async function examine(env: Readonly<Record<string, string | undefined>>): Promise<Check[]> {
  const runtime = await checkRuntime();
  const found: Check[] = [];
  // One after the other: two providers that start at once can take each other's threads.
  if (runtime.status === 'ok') for (const device of devices) found.push(await checkDevice(device));
  return [
    ...checkMachine(),
    runtime,
    ...found,
    await checkWriting(process.cwd()),
    await checkData(env.FATHOM_DATA),
  ];
}

const marks = { ok: '✓', absent: '–', failed: '✗' } as const;
const paint = { ok: 'green', absent: 'dim', failed: 'red' } as const;

/** Adds `fathom doctor` to the program. */
export const register: Register = (program, context) => {
  program
    .command('doctor')
    .description('say what works on this machine')
    .option('--json', 'print the checks as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const checks = await examine(context.env);
      if (json) context.stdout.write(`${JSON.stringify({ checks }, null, 2)}\n`);
      else {
        const colors = createColors(context.stdout.isTTY === true && !context.env.NO_COLOR);
        const width = Math.max(...checks.map(({ name }) => name.length));
        for (const { name, status, detail, hint } of checks) {
          context.stdout.write(`${colors[paint[status]](marks[status])} ${name.padEnd(width)}  ${detail}\n`);
          if (hint) context.stdout.write(`${' '.repeat(width + 4)}${hint}\n`);
        }
      }
      const failed = checks.find(({ status }) => status === 'failed');
      if (failed) throw new FathomError('device', `${failed.name}: ${failed.detail}`, { hint: failed.hint });
    });
};
