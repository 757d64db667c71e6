import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { register } from './loss.js';
import { parseLossCase } from './loss-case.js';
import { run } from './main.js';

async function fathom(...args: string[]) {
  let [stdout, stderr] = ['', ''];
  const code = await run(
    args,
    {
      stdout: { write: (text: string) => (stdout += text) },
      stderr: { write: (text: string) => (stderr += text) },
      env: {},
      signal: new AbortController().signal,
    },
    [register],
  );
  return { code, stdout, stderr };
}

const folder = mkdtempSync(join(tmpdir(), 'fathom-loss-'));
const file = join(folder, 'case.json');
afterAll(() => rmSync(folder, { recursive: true }));

const ordinary = { shape: [1, 1, 1, 2], logits: [0, 0], target: [1, 0] };

describe('fathom loss', () => {
  it('lists', async () => {
    const { code, stdout } = await fathom('loss', 'list', '--task', 'depth');
    expect(code).toBe(0);
    for (const text of ['berhu', 'Laina 2016', '= sqrt(ssim) + 4*rmse']) expect(stdout).toContain(text);
    expect(stdout).not.toContain('tversky');
    const { losses } = JSON.parse((await fathom('loss', 'list', '--json')).stdout);
    expect(losses).toHaveLength(25);
  });

  it('shows a loss with its options, bounds and aliases', async () => {
    const { stdout } = await fathom('loss', 'show', 'tversky');
    expect(stdout).toContain('tversky (segmentation)');
    expect(stdout).toMatch(/alpha +0\.3 +a number ≥ 0/);
    expect(stdout).toMatch(/pool +image +image or batch/);
    expect(stdout).toContain('aliases: bce-tversky = bce + 2*tversky(alpha=0.6, beta=0.5)');
    expect((await fathom('loss', 'show', 'bce')).stdout).toMatch(/bce \(segmentation\)[\s\S]*bce \(depth\)/);
  });

  it('names the nearest loss', async () => {
    const { code, stderr } = await fathom('loss', 'show', 'tverski');
    expect(code).toBe(2);
    expect(stderr).toContain("unknown loss 'tverski': did you mean 'tversky'?");
  });

  it('evaluates with the gradient', async () => {
    writeFileSync(file, JSON.stringify(ordinary));
    const args = ['loss', 'eval', '0.5*(bce)', '--task', 'segmentation', '--input', file];
    const { code, stdout } = await fathom(...args, '--gradient');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ loss: '0.5*bce', value: 0.346573591, gradient: [-0.125, 0.125] });
    expect(JSON.parse((await fathom(...args)).stdout)).toEqual({ loss: '0.5*bce', value: 0.346573591 });
  });

  it('asks for what a loss needs', async () => {
    writeFileSync(file, JSON.stringify(ordinary));
    const { code, stderr } = await fathom(
      'loss',
      'eval',
      'boundary',
      '--task',
      'segmentation',
      '--input',
      file,
    );
    expect(code).toBe(2);
    expect(stderr).toContain('boundary: needs the signed distance map of the target');
  });

  it('says which file is missing', async () => {
    const { code, stderr } = await fathom(
      'loss',
      'eval',
      'bce',
      '--task',
      'depth',
      '--input',
      'nowhere.json',
    );
    expect(code).toBe(3);
    expect(stderr).toContain('nowhere.json: no such file');
    const misnamed = await fathom('loss', 'eval', 'bce', '--task', 'depth', '--input', folder);
    expect(misnamed.stderr).toContain(`${folder}: is a folder, not a file`);
  });
});

describe('a case', () => {
  it.each([
    ['{', /^case\.json: not JSON: /],
    ['[1]', 'case.json: expected an object'],
    [{ logits: undefined }, 'case.json: logits: missing'],
    [{ vaild: [1, 1] }, "case.json: unknown key 'vaild': did you mean 'valid'?"],
    [{ shape: [1, 2] }, 'case.json: shape: expected four sizes [N, 1, H, W], got [1,2]'],
    [{ shape: [1, 2, 1, 1] }, 'case.json: shape: expected four sizes [N, 1, H, W], got [1,2,1,1]'],
    [{ logits: [1] }, 'case.json: logits: expected 2 values for [1, 1, 1, 2], got 1'],
    [{ logits: 'x' }, 'case.json: logits: expected a flat list of numbers'],
    [{ logits: [0, null] }, 'case.json: logits[1]: expected a finite number, got null'],
    [{ logits: [0, 1e39] }, 'case.json: logits[1]: expected a finite number, got 1e+39'],
    [{ target: [0, 1.5] }, 'case.json: target[1]: expected a number from 0 to 1, got 1.5'],
    [{ valid: [1, 0.5] }, 'case.json: valid[1]: expected 0 or 1, got 0.5'],
    [{ image: [1, 1] }, 'case.json: image: expected 6 values for [1, 3, 1, 2], got 2'],
  ])('%j is refused in one line', (change, message) => {
    const json = typeof change === 'string' ? change : JSON.stringify({ ...ordinary, ...change });
    const parse = () => parseLossCase(json, 'case.json');
    expect(parse).toThrow(message);
    expect(parse).toThrow(
      expect.objectContaining({ code: 'data', message: expect.not.stringContaining('\n') }),
    );
  });

  it('may hold anything finite where the target is invalid', () => {
    const { arrays } = parseLossCase(
      JSON.stringify({ ...ordinary, target: [1, 255], valid: [1, 0] }),
      'case.json',
    );
    expect(arrays.target).toEqual(Float32Array.of(1, 255));
  });
});
