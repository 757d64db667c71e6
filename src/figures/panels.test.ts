import { describe, expect, it } from 'vitest';
import { depthTable, invalidGreys } from './colours.js';
import { depthPanel, depthScale, imagePanel, maskPanel } from './panels.js';

const pixel = (panel: { rgb: Uint8Array }, index: number) => [
  ...panel.rgb.subarray(index * 3, index * 3 + 3),
];

describe('panels', () => {
  it('interleaves a planar image', () => {
    const panel = imagePanel(Uint8Array.of(1, 2, 3, 4, 5, 6), 1, 2);
    expect([...panel.rgb]).toEqual([1, 3, 5, 2, 4, 6]);
  });

  it('reads masks as bytes 0–255 and as floats 0–1, clamped', () => {
    const bytes = maskPanel(Uint8Array.of(0, 128, 255), 1, 3);
    const floats = maskPanel(Float32Array.of(-1, 128 / 255, 7), 1, 3);
    expect([...floats.rgb]).toEqual([...bytes.rgb]);
  });

  it('paints pixels without truth in stripes of the two greys', () => {
    const panel = maskPanel(new Uint8Array(16), 4, 4, new Uint8Array(16));
    expect(new Set(panel.rgb)).toEqual(new Set(invalidGreys));
  });

  it('maps near to bright yellow, far to dark violet, and lightness falls all the way', () => {
    const panel = depthPanel(Float32Array.of(0.2, 0.8), 1, 2, { low: 0.2, high: 0.8 });
    expect(pixel(panel, 0)).toEqual([0xfd, 0xe7, 0x25]);
    expect(pixel(panel, 1)).toEqual([0x44, 0x01, 0x54]);
    const table = depthTable();
    const luma = Array.from(
      { length: 256 },
      (_, i) => 0.3 * table[i * 3] + 0.59 * table[i * 3 + 1] + 0.11 * table[i * 3 + 2],
    );
    for (let i = 1; i < 256; i++) expect(luma[i]).toBeLessThanOrEqual(luma[i - 1] + 0.6);
  });
});

describe('depthScale', () => {
  const valid = new Uint8Array(200).fill(1);

  it('covers the truth and the bulk of the predictions, over valid pixels', () => {
    const truth = Float32Array.from({ length: 200 }, (_, i) => (i === 5 ? 9 : 0.2 + i / 1000));
    const someValid = valid.map((v, i) => (i === 5 ? 0 : v));
    const prediction = new Float32Array(200).fill(0.5);
    prediction[7] = 50;
    const scale = depthScale(truth, someValid, [prediction]);
    expect(scale.low).toBeCloseTo(0.2, 6);
    expect(scale.high).toBeCloseTo(0.5, 6);
  });

  it('is never empty', () => {
    const flat = depthScale(new Float32Array(200), valid, []);
    expect(flat.high).toBeGreaterThan(flat.low);
    expect(depthScale(new Float32Array(200), new Uint8Array(200), [])).toEqual({ low: 0, high: 1 });
  });
});
