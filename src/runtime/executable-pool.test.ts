import { expect, it, vi } from 'vitest';
import { input, mul } from '../graph/index.js';
import { createExecutablePool } from './executable-pool.js';
import { lowerFor } from './node.js';
import * as session from './session.js';

const double = () => ({ y: mul(input('x', [2]), 2) });
const triple = () => ({ y: mul(input('x', [2]), 3) });
const feeds = { x: Float32Array.of(1, 2) };

it('opens one session for equal graphs, and never gives one to two users or to another graph', async () => {
  const opened = vi.spyOn(session, 'openSession');
  const pool = createExecutablePool({ threads: 1 });
  const first = await pool.compile(double(), () => true);
  const before = opened.mock.calls.length;
  const beside = await pool.compile(double(), () => false);
  expect(opened.mock.calls.length).toBe(before + 1);
  await first.dispose();
  const other = await pool.compile(triple(), () => false);
  expect(opened.mock.calls.length).toBe(before + 2);
  const again = await pool.compile(double(), () => false);
  expect(opened.mock.calls.length).toBe(before + 2);
  expect([...(await again.run(feeds)).y]).toEqual([2, 4]);
  expect([...(await other.run(feeds)).y]).toEqual([3, 6]);

  await Promise.all([again, beside, other].map((executable) => executable.dispose()));
  const last = await pool.compile(double(), () => true);
  expect(opened.mock.calls.length).toBe(before + 3);
  await last.dispose();
  const lower = vi.fn(() => lowerFor(triple(), {}));
  const named = await pool.get('triple', lower, () => true);
  expect([...(await named.run(feeds)).y]).toEqual([3, 6]);
  await named.dispose();
  await (await pool.get('triple', lower, () => true)).dispose();
  expect(lower).toHaveBeenCalledOnce();
  await pool.dispose();
  await expect(last.run(feeds)).rejects.toThrow();
});
