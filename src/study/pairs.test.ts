import { describe, expect, it } from 'vitest';
import { parseConfig } from '../config/load.js';
import { resolvePairs } from './pairs.js';

const pairs = (text: string) =>
  resolvePairs(parseConfig({ text, file: 'fathom.yaml' }).study).map(
    ({ segmentation, depth, kind }) => `${segmentation} | ${depth}${kind === 'duplicate' ? ' (again)' : ''}`,
  );

describe('resolvePairs', () => {
  it('gives the rows of the published table in their order', () => {
    expect(pairs('')).toEqual([
      'bce | bce',
      'dice | bce',
      'tversky(alpha=0.6, beta=0.5) | bce',
      'bce-dice | bce',
      'bce-tversky | bce',
      'bce-dice | bce (again)',
      'bce-dice | berhu',
      'bce-dice | rmse',
      'bce-dice | grad',
      'bce-dice | ssim',
    ]);
    expect(pairs('study: { duplicate: false }')).toHaveLength(9);
  });

  it('crosses every segmentation with every depth loss, and repeats one pair', () => {
    const factorial = pairs('study: { pairs: factorial }');
    expect(factorial).toHaveLength(26);
    expect(new Set(factorial).size).toBe(26);
    expect(factorial.at(-1)).toBe('bce-dice | bce (again)');
  });

  it('takes a list, in canonical form', () => {
    expect(pairs('study: { pairs: [["2*dice+bce", rmse], { segmentation: bce, depth: l1 }] }')).toEqual([
      '2*dice + bce | rmse',
      'bce | l1',
      '2*dice + bce | rmse (again)',
    ]);
  });
});
