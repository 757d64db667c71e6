/** Where a run was made: versions, device and machine, for `environment.json`. */
import { readFileSync } from 'node:fs';
import { arch, cpus, platform, totalmem } from 'node:os';
import * as ort from 'onnxruntime-node';

/** What `environment.json` says of the machine. */
export interface Environment {
  readonly fathom: string;
  readonly node: string;
  readonly onnxruntime: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly device: string;
  /** Threads of the CPU provider; 0 for one a core. */
  readonly threads: number;
}

/** Describes this machine and what will compute on it. */
export function describeEnvironment(device: string, threads: number): Environment {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const cores = cpus();
  return {
    fathom: (JSON.parse(manifest) as { version: string }).version,
    node: process.versions.node,
    onnxruntime: ort.env.versions.node ?? 'unknown',
    platform: `${platform()} ${arch()}`,
    cpu: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    device,
    threads,
  };
}
