/** `fathom doctor`: what works on this machine, and what to do about what does not. */
import { access, constants } from 'node:fs/promises';
import { arch, availableParallelism, cpus, freemem, platform, totalmem } from 'node:os';
import { createColors } from 'picocolors';
import { FathomError } from '../errors.js';
import type { Register } from './context.js';

/** One line of the doctor's report. `absent`: not here, and not needed by everyone. */
export interface Check {
  readonly name: string;
  readonly status: 'ok' | 'absent' | 'failed';
  readonly detail: string;
  /** What to do, or more to know; one line or several. */
  readonly hint?: string;
}

type Device = 'cpu' | 'cuda' | 'webgpu';

const oneLine = (error: unknown) => (error as Error).message.split('\n')[0].replace(/^device '\w+': /, '');

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
    // A device that is missing is reported here, in words. The level is fixed by the first session, that of the CPU.
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

/** Whether a device computes 2 × 3: asking for it is the only way to know. */
async function checkDevice(device: Device): Promise<Check> {
  const name = `device ${device}`;
  try {
    const { requireDevice } = await import('../runtime/require-device.js');
    await requireDevice(device);
    return { name, status: 'ok', detail: 'computes' };
  } catch (error) {
    const hint = error instanceof FathomError ? error.hint : undefined;
    return { name, status: device === 'cpu' ? 'failed' : 'absent', detail: oneLine(error), hint };
  }
}

/** Which nodes of a training step the device leaves to the CPU: it waits for each of them. Runs one small step. */
async function checkFallbacks(device: Device): Promise<Check> {
  const name = `${device} step`;
  const [{ resunet }, { profileRuns }, { createTrainer }, { randomBatch }, { publishedStep }] =
    await Promise.all([
      import('../models/resunet.js'),
      import('../runtime/profile.js'),
      import('../train/trainer.js'),
      import('../train/step-benchmark.js'),
      import('./published-step.js'),
    ]);
  try {
    const { ops } = await profileRuns(async (profile) => {
      const choice = { model: resunet, width: 2, size: 16, batch: 1, device, threads: 0, profile };
      const options = publishedStep(choice);
      const trainer = await createTrainer(options);
      await trainer.step(randomBatch(1, options.network.spec.size), 0);
      await trainer.dispose();
    });
    const fallbacks = ops.filter(({ onCpu }) => onCpu > 0);
    const count = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
    const nodes = count(ops.map(({ calls }) => calls));
    if (fallbacks.length === 0)
      return { name, status: 'ok', detail: `all ${nodes} nodes of a training step run on the device` };
    return {
      ...{ name, status: 'ok' },
      detail: `${count(fallbacks.map(({ onCpu }) => onCpu))} of ${nodes} nodes of a training step run on the CPU:`,
      hint: fallbacks.map(({ op, onCpu }) => `${op} ×${onCpu}`).join('\n'),
    };
  } catch (error) {
    return { name, status: 'failed', detail: oneLine(error), hint: 'this device cannot train' };
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
  if (runtime.status === 'ok')
    for (const device of ['cpu', 'cuda', 'webgpu'] as const) {
      const check = await checkDevice(device);
      found.push(check);
      if (device !== 'cpu' && check.status === 'ok') found.push(await checkFallbacks(device));
    }
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
          for (const line of hint?.split('\n') ?? [])
            context.stdout.write(`${' '.repeat(width + 4)}${line}\n`);
        }
      }
      const failed = checks.find(({ status }) => status === 'failed');
      if (failed) throw new FathomError('device', `${failed.name}: ${failed.detail}`, { hint: failed.hint });
    });
};
