import { describe, expect, it } from 'vitest';
import type { SumName } from '../metrics/sums.js';
import { pickExtremes } from './extremes.js';

const names: SumName[] = ['tp', 'fp', 'fn', 'tn', 'depthN', 'depthSquare'];

describe('pickExtremes', () => {
  const rows = [
    [4, 1, 0, 5, 10, 0.2],
    [1, 4, 0, 5, 10, 0.9],
    [5, 0, 0, 5, 0, 0],
    [0, 0, 0, 0, 10, 0.1],
    [3, 2, 0, 5, 10, 0.3],
  ].map((row) => Float64Array.from(row));

  it('orders by each task’s own error, images without a truth left out', () => {
    // IoU 0.8, 0.2, 1, none, 0.6; mean squares 0.02, 0.09, none, 0.01, 0.03.
    expect(pickExtremes({ names, rows }, 'segmentation')).toEqual([1, 0, 2]);
    expect(pickExtremes({ names, rows }, 'depth')).toEqual([1, 0, 3]);
  });

  it('takes one image three times rather than none, and none without a truth', () => {
    expect(pickExtremes({ names, rows: rows.slice(0, 1) }, 'depth')).toEqual([0, 0, 0]);
    expect(pickExtremes({ names, rows: rows.slice(2, 3) }, 'depth')).toEqual([]);
  });
});
