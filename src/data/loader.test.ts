import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FathomError } from '../errors.js';
import { countingDataset } from './files.fixture.js';
import { loadBatches } from './loader.js';

const range = (length: number) => Array.from({ length }, (_, i) => i);

describe('loadBatches', () => {
  it('keeps the order, whatever order reads finish in', async () => {
    const dataset = countingDataset(25, { delay: (index) => delay((index * 7) % 5) });
    const order = range(25).reverse();
    const ids: string[][] = [];
    for await (const { size, ids: names } of loadBatches(dataset, order, { batch: 4 })) {
      expect(size).toBe(names.length);
      ids.push([...names]);
    }
    expect(ids.flat()).toEqual(order.map((index) => `s${index}`));
    expect(ids.map((names) => names.length)).toEqual([4, 4, 4, 4, 4, 4, 1]);
    const full = [];
    for await (const batch of loadBatches(dataset, order, { batch: 4, dropLast: true }))
      full.push(batch.size);
    expect(full).toEqual([4, 4, 4, 4, 4, 4]);
    for await (const _ of loadBatches(dataset, [], { batch: 4 })) throw new Error('no batch was due');
  });

  it('reads ahead by the prefetch and no further', async () => {
    const dataset = countingDataset(100);
    const batches = loadBatches(dataset, range(100), { batch: 5, prefetch: 3 });
    expect(dataset.reads).toHaveLength(0);
    await batches.next();
    expect(dataset.reads).toEqual(range(20));
    await delay(5);
    expect(dataset.reads).toHaveLength(20);
    await batches.next();
    expect(dataset.reads).toEqual(range(25));
    await batches.return();
  });

  it('throws an error when its batch is due, after the good ones', async () => {
    const dataset = countingDataset(12, {
      delay: async (index) => {
        if (index >= 7) throw new FathomError('data', `image/${index}.jpg: is cut short`);
      },
    });
    const sizes: number[] = [];
    const run = async () => {
      for await (const batch of loadBatches(dataset, range(12), { batch: 3 })) sizes.push(batch.size);
    };
    await expect(run()).rejects.toThrow('image/7.jpg: is cut short');
    expect(sizes).toEqual([3, 3]);
  });

  it('leaves nothing running when the loop is left early or aborted', async () => {
    let running = 0;
    const dataset = countingDataset(60, {
      delay: async () => {
        running++;
        await delay(3);
        running--;
      },
    });
    for await (const _ of loadBatches(dataset, range(60), { batch: 4 })) break;
    expect(running).toBe(0);
    expect(dataset.reads.length).toBeLessThan(60);

    const controller = new AbortController();
    const run = async () => {
      for await (const _ of loadBatches(dataset, range(60), { batch: 4, signal: controller.signal }))
        controller.abort(new FathomError('interrupted', 'stopped'));
    };
    await expect(run()).rejects.toThrow('stopped');
    expect(running).toBe(0);
  });
});
