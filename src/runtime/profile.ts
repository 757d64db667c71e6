/** What onnxruntime measured while a graph ran: the time of each type of operator, and which device ran it. */
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** One type of operator in one run of a graph. */
export interface OpTime {
  /** ONNX operator type, such as `Conv`; the runtime's own ones (`ReorderInput`, `MemcpyToHost`) are among them. */
  readonly op: string;
  /** Nodes of this type. */
  readonly calls: number;
  /** Milliseconds of all of them together. */
  readonly ms: number;
  /** Those of the nodes that the CPU ran. */
  readonly onCpu: number;
}

/** One line of a profile, as far as it is read here; durations in microseconds. */
interface ProfileEvent {
  readonly cat: 'Session' | 'Node' | 'Api';
  readonly name: string;
  readonly dur: number;
  readonly args: { readonly provider?: string; readonly op_name?: string };
}

interface Kernel {
  readonly op: string;
  readonly ms: number;
  readonly onCpu: boolean;
}

/**
 * Gives `work` a path prefix for {@link RuntimeOptions.profile} of one executable, which it must run and dispose of.
 * Returns its result and the times of one run, those of the slowest operators first: the mean over all runs but the
 * first, which also prepares the kernels, unless it was the only one. Profiles are written to a temporary folder that
 * is gone afterwards.
 */
export async function profileRuns<T>(
  work: (prefix: string) => Promise<T>,
): Promise<{ result: T; ops: OpTime[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'fathom-profile-'));
  try {
    const result = await work(join(folder, 'run'));
    const [file] = await readdir(folder);
    return { result, ops: await readProfile(join(folder, file)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readProfile(file: string): Promise<OpTime[]> {
  const nodes: Kernel[] = [];
  const dispatches: Kernel[] = [];
  let runs = 0;
  // A line an event; a whole profile may be longer than the longest string.
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (!line.startsWith('{')) continue;
    const { cat, name, dur, args }: ProfileEvent = JSON.parse(line.replace(/,$/, ''));
    if (cat === 'Session' && name === 'model_run') runs++;
    else if (cat === 'Node' && args.op_name)
      nodes.push({ op: args.op_name, ms: dur / 1000, onCpu: args.provider === 'CPUExecutionProvider' });
    // WebGPU's own clock: `node&Operator&Shader`. Its nodes are over as soon as their work is queued.
    else if (cat === 'Api') dispatches.push({ op: name.split('&')[1], ms: dur / 1000, onCpu: false });
  }
  const counted = perRun(nodes, runs);
  if (dispatches.length === 0) return counted;
  const timed = new Map(perRun(dispatches, runs).map(({ op, ms }) => [op, ms]));
  return slowestFirst(
    counted.map((time) => (time.onCpu === time.calls ? time : { ...time, ms: timed.get(time.op) ?? 0 })),
  );
}

/** Every run executes the same kernels in the same order, so equal parts of the list are runs. */
function perRun(kernels: readonly Kernel[], runs: number): OpTime[] {
  const measured = runs > 1 ? kernels.slice(kernels.length / runs) : kernels;
  const count = Math.max(1, runs - 1);
  const totals = new Map<string, { calls: number; ms: number; onCpu: number }>();
  for (const { op, ms, onCpu } of measured) {
    const total = totals.get(op) ?? { calls: 0, ms: 0, onCpu: 0 };
    total.calls++;
    total.ms += ms;
    if (onCpu) total.onCpu++;
    totals.set(op, total);
  }
  return slowestFirst(
    [...totals].map(([op, { calls, ms, onCpu }]) => ({
      ...{ op, calls: calls / count, ms: ms / count, onCpu: onCpu / count },
    })),
  );
}

const slowestFirst = (times: readonly OpTime[]): OpTime[] => [...times].sort((a, b) => b.ms - a.ms);
