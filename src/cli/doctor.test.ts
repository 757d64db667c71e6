import { describe, expect, it } from 'vitest';
import type { Check } from './doctor.js';
import { run } from './main.js';

async function doctor(args: string[], env: Record<string, string> = {}) {
  const out: string[] = [];
  const stream = { write: (text: string) => out.push(text) };
  const code = await run(['doctor', ...args], {
    stdout: stream,
    stderr: { write: () => {} },
    env,
    signal: new AbortController().signal,
  });
  return { code, out: out.join('') };
}

describe('fathom doctor', () => {
  it('reports every check as JSON; the CPU computes', async () => {
    const { code, out } = await doctor(['--json'], { FATHOM_DATA: '/nowhere' });
    const { checks } = JSON.parse(out) as { checks: Check[] };
    expect(code).toBe(0);
    expect(checks.map(({ name }) => name)).toEqual([
      'Node.js',
      'CPU',
      'memory',
      'onnxruntime-node',
      'device cpu',
      'device cuda',
      'device webgpu',
      'writing',
      'FATHOM_DATA',
    ]);
    const of = (name: string) => checks.find((check) => check.name === name)!;
    expect(of('device cpu')).toEqual({ name: 'device cpu', status: 'ok', detail: 'computes' });
    expect(of('FATHOM_DATA')).toMatchObject({ status: 'absent', detail: '/nowhere cannot be read' });
    if (of('device cuda').status === 'absent')
      expect(of('device cuda').hint).toMatch(
        /onnxruntime-node\/script\/install\.js --onnxruntime-node-install=cuda12$/,
      );
  });

  it('reports one line a check', async () => {
    const { out } = await doctor([]);
    expect(out).toMatch(/^✓ Node\.js {2,}\d+\.\d+/);
    expect(out).toMatch(/\n✓ device cpu {2,}computes\n/);
  });
});
