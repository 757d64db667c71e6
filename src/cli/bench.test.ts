import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { run } from './main.js';

async function bench(...args: string[]) {
  let [stdout, stderr] = ['', ''];
  const code = await run(['bench', '--width', '2', '--size', '16', '--batch', '1', '--steps', '2', ...args], {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    env: {},
    signal: new AbortController().signal,
  });
  return { code, stdout, stderr };
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('fathom bench', () => {
  it('profiles a step: calls, time and share of each operator, and leaves no file behind', async () => {
    const temporary = mkdtempSync(join(tmpdir(), 'fathom-bench-'));
    vi.stubEnv('TMPDIR', temporary);
    const { code, stdout } = await bench('--profile', '--json');
    expect(code).toBe(0);
    const { profile, stepMs } = JSON.parse(stdout) as {
      profile: { op: string; calls: number; ms: number; share: number }[];
      stepMs: number;
    };
    // One for each of the four down blocks, whatever the layout.
    expect(profile.find(({ op }) => op === 'MaxPool')?.calls).toBe(4);
    expect(profile.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 2);
    expect(profile.map(({ ms }) => ms)).toEqual(profile.map(({ ms }) => ms).sort((a, b) => b - a));
    // Mean against median, of few steps on a machine that may be busy.
    expect(profile.reduce((sum, { ms }) => sum + ms, 0)).toBeLessThan(10 * stepMs);
    // onnxruntime keeps files of its own there.
    expect(readdirSync(temporary).filter((name) => name.startsWith('fathom'))).toEqual([]);
    rmSync(temporary, { recursive: true });
  });

  it('prints the profile as a table below the timing', async () => {
    const { stdout } = await bench('--profile');
    expect(stdout).toMatch(/^model {12}resunet\n/);
    expect(stdout).toMatch(/\noperator +calls +ms a step +share\n(\S+ +\d+ +\d+\.\d\d +\d+\.\d %\n)+/);
    expect(stdout).toMatch(/\nall operators +\d+ +\d+\.\d\d +100 %\n$/);
    expect((await bench()).stdout).not.toContain('operator');
  });

  it.for([
    ['cuda', /^error: device 'cuda': (the provider is not installed|the provider is installed but|onnxr)/],
    ['webgpu', /^error: device 'webgpu': no (adapter found|Vulkan here \(.*\))\nhint: it needs a GPU/],
  ] as const)(
    'ends with 5, the reason and a hint where there is no %s',
    async ([device, message], context) => {
      const { code, stderr } = await bench('--device', device);
      if (code === 0) context.skip(`this machine has ${device}`);
      expect(code).toBe(5);
      expect(stderr).toMatch(message);
      expect(stderr.trimEnd().split('\n')).toHaveLength(2);
    },
  );
});
