import { expect, it } from 'vitest';
import { checkSamples } from './check.js';
import { countingDataset, failure, folderOf, greyPng, opened, sampleFiles } from './files.fixture.js';

it('reads the samples it is given and reports progress', async () => {
  const dataset = countingDataset(50);
  const progress: number[] = [];
  await checkSamples(dataset, { indices: [4, 40], onProgress: (done, total) => progress.push(done / total) });
  expect(dataset.reads).toEqual([4, 40]);
  expect(progress).toEqual([0.5, 1]);
  await checkSamples(dataset);
  expect(new Set(dataset.reads).size).toBe(50);
  const signal = AbortSignal.abort(new Error('stopped'));
  await expect(checkSamples(dataset, { signal })).rejects.toThrow('stopped');
});

it('reports nothing after it was stopped', async () => {
  const stop = new AbortController();
  const progress: number[] = [];
  const checked = checkSamples(countingDataset(50), {
    signal: stop.signal,
    onProgress: (done) => {
      progress.push(done);
      if (done === 3) stop.abort(new Error('stopped'));
    },
  });
  await expect(checked).rejects.toThrow('stopped');
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(progress).toEqual([1, 2, 3]);
});

it('names every bad file in order, up to ten', async () => {
  const files = await sampleFiles(14);
  files['image/sample-11.jpg'] = files['image/sample-11.jpg'].subarray(0, 500);
  files['mask/sample-2.png'] = await greyPng(16, 24, new Uint8Array(16 * 24));
  const path = await folderOf(files);
  const error = await failure(checkSamples(await opened(path)));
  expect(error.code).toBe('data');
  expect(error.message.split('\n')).toEqual([
    `${path}/mask/sample-2.png: expected 32×24 like ${path}/image/sample-2.jpg, got 16×24`,
    `${path}/image/sample-11.jpg: is cut short`,
  ]);
  for (let i = 0; i < 14; i++) files[`depth/sample-${i}.png`] = Buffer.from('x');
  const all = await failure(checkSamples(await opened(await folderOf(files))));
  expect(all.message.split('\n').length).toBeLessThan(45);
});

it('notices a wrong depth scale, and label maps read as grey masks', async () => {
  const files = await sampleFiles(2);
  const path = await folderOf(files);
  const metres = await opened(path, { depth: { folder: 'depth', scale: 1, maxDepth: 10 } });
  expect((await failure(checkSamples(metres))).message).toBe(
    `${metres.name}: no pixel of any depth map is valid`,
  );

  const labels = Uint8Array.from({ length: 768 }, (_, i) => i & 1);
  for (const k of [0, 1]) files[`mask/sample-${k}.png`] = await greyPng(32, 24, labels);
  const grey = await opened(await folderOf(files));
  const error = await failure(checkSamples(grey));
  expect(error.message).toBe(`${grey.name}: every mask is all background`);
  expect(error.hint).toContain('label map');
});
