import { parseHTML } from 'linkedom';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { metricInfo } from '../metrics/info.js';
import type { FactorialEffects } from '../study/results.js';
import { effectsFigure } from './effects.js';
import { depthErrorPanel, errorGrid, maskErrorPanel } from './error-grid.js';
import { type ParetoArm, paretoFigure } from './pareto.js';
import { spreadMarks } from './plot.js';

const texts = (svg: string) =>
  [...parseHTML(svg).document.querySelectorAll('text')].map((text) => text.textContent ?? '');

const around = (mean: number, half: number) => ({ mean, low: mean - half, high: mean + half });

describe('effectsFigure', () => {
  const effects: FactorialEffects = {
    of: '',
    segmentation: ['bce', 'dice'],
    depth: ['l1', 'rmse'],
    mean: around(0.7, 0.01),
    segmentationEffects: [around(-0.1, 0.02), around(0.1, 0.02)],
    depthEffects: [around(0.01, 0.02), around(-0.01, 0.02)],
    interaction: [
      [around(0.03, 0.01), around(-0.03, 0.01)],
      [around(-0.03, 0.04), around(0.03, 0.04)],
    ],
    shares: { segmentation: 0.8, depth: 0, interaction: 0.1, seeds: 0, noise: 0.1 },
  };
  const svg = effectsFigure({ title: 'Effects', effects, metric: metricInfo('miou') });

  it('adds up each cell, and names losses, interactions and main effects', () => {
    const found = texts(svg);
    // 0.7 − 0.1 + 0.01 + 0.03, and 0.7 + 0.1 − 0.01 + 0.03.
    expect(found).toEqual(expect.arrayContaining(['0.6400', '0.8200', '+0.0300', '−0.0300', '−0.1000']));
    expect(found).toEqual(expect.arrayContaining(['bce', 'dice', 'l1', 'rmse']));
  });

  it('outlines the cells whose interval excludes 0, and no others', () => {
    expect(svg.match(/fill="none" stroke="#1f2328"/g)).toHaveLength(2);
  });

  it('gives better and worse the same colours whichever way is better', () => {
    const fills = (figure: string) =>
      [...figure.matchAll(/<rect[^>]* fill="(rgb[^"]+)"/g)].map(([, fill]) => fill);
    const [higher, lower] = [svg, effectsFigure({ title: 't', effects, metric: metricInfo('mrmse') })].map(
      fills,
    );
    // The key: better first, then worse.
    expect(lower.slice(-2)).toEqual(higher.slice(-2));
    expect(lower[0]).toBe(higher[1]);
  });

  it('is drawn when nothing differs', () => {
    const none = around(0, 0);
    const flat = {
      ...effects,
      segmentationEffects: [none, none],
      depthEffects: [none, none],
      interaction: [
        [none, none],
        [none, none],
      ],
    };
    expect(effectsFigure({ title: 't', effects: flat, metric: metricInfo('miou') })).not.toMatch(
      /NaN|Infinity/,
    );
  });
});

describe('paretoFigure', () => {
  const arm = (label: string, mask: number, depth: number, seconds: number, beaten = false): ParetoArm => ({
    label,
    mask: around(mask, 0.02),
    depth: around(depth, 0.01),
    seconds,
    beaten,
  });
  const metrics = { mask: metricInfo('miou'), depth: metricInfo('mrmse') };

  it('numbers the arms, names them with their time, and fades what is beaten', () => {
    const svg = paretoFigure({
      title: 'Pareto',
      metrics,
      arms: [arm('a · l1', 0.8, 0.1, 20), arm('b · l1', 0.6, 0.2, 140, true)],
    });
    const found = texts(svg);
    expect(found).toEqual(expect.arrayContaining(['a · l1', 'b · l1', '20.0 s', '140 s']));
    expect(found.filter((text) => text === '2')).toHaveLength(2);
    expect(svg.match(/<circle[^>]*opacity="0.35"/g)?.length).toBeGreaterThan(0);
  });

  it('moves discs apart that would hide each other, and ties them to their places', () => {
    const arms = [0.1, 0.1, 0.101, 0.102, 0.3].map((depth, i) => arm(`${i}`, 0.7, depth, 10 + i));
    const svg = paretoFigure({ title: 'Pareto', metrics, arms });
    const circles = [...parseHTML(svg).document.querySelectorAll('circle')];
    const placesOf = (radius: string) =>
      circles
        .filter((circle) => circle.getAttribute('r') === radius && circle.getAttribute('cx') !== '8')
        .map((circle) => ['cx', 'cy'].map((name) => Number(circle.getAttribute(name))));
    const [discs, places] = [placesOf('8'), placesOf('2.5')];
    expect(discs).toHaveLength(5);
    // The fifth has room.
    expect(places).toHaveLength(4);
    expect(texts(svg).join()).toContain('small dot');
    for (const [i, a] of discs.entries()) {
      for (const b of discs.slice(0, i)) expect(Math.hypot(a[0] - b[0], a[1] - b[1])).toBeGreaterThan(16);
      for (const place of places) expect(Math.hypot(a[0] - place[0], a[1] - place[1])).toBeGreaterThan(10);
    }
  });

  it('lets no disc lie on another or on a place, however many crowd', () => {
    // Four columns nearer to each other than discs are wide; eight places are those of two discs.
    const places = Array.from({ length: 60 }, (_, i) => ({ x: 100 + 3 * (i % 4), y: 50 + 7 * (i % 13) }));
    const discs = spreadMarks(places, 17, 12);
    expect(discs).toHaveLength(60);
    for (const [i, a] of discs.entries()) {
      for (const b of discs.slice(0, i)) expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeGreaterThanOrEqual(17);
      for (const b of places) expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeGreaterThanOrEqual(12);
    }
  });

  it('is drawn for arms that took the same time and have no interval', () => {
    const still = { label: 'a', mask: around(0.5, 0), depth: around(0.1, 0), seconds: 1, beaten: false };
    expect(paretoFigure({ title: 't', metrics, arms: [still, still] })).not.toMatch(/NaN|Infinity/);
  });
});

describe('errorGrid', () => {
  const pixel = ({ rgb }: { rgb: Uint8Array }, i: number) => [...rgb.subarray(3 * i, 3 * i + 3)];

  it('colours what was missed, what is not foreground, and what is right, each its own way', () => {
    const panel = maskErrorPanel(
      Float32Array.of(0.9, 0.1, 0.9, 0.1, 0.9),
      Uint8Array.of(255, 0, 0, 255, 0),
      1,
      5,
      Uint8Array.of(1, 1, 1, 1, 0),
    );
    const colours = [0, 1, 2, 3, 4].map((i) => pixel(panel, i).join());
    expect(new Set(colours).size).toBe(5);
    expect(pixel(panel, 2)).toEqual([0xe7, 0x63, 0x00]);
    expect(pixel(panel, 3)).toEqual([0x3f, 0x90, 0xda]);
  });

  it('is white where the depth is right, orange too far and blue too near, and ends at the reach', () => {
    const panel = depthErrorPanel(
      Float32Array.of(0.5, 0.7, 0.9, 0.1),
      new Float32Array(4).fill(0.5),
      1,
      4,
      0.2,
    );
    expect(pixel(panel, 0)).toEqual([255, 255, 255]);
    expect(pixel(panel, 1)).toEqual([0xe7, 0x63, 0x00]);
    expect(pixel(panel, 2)).toEqual(pixel(panel, 1));
    expect(pixel(panel, 3)).toEqual([0x3f, 0x90, 0xda]);
  });

  it('becomes a PNG with a row for each image', async () => {
    const plane = (value: number) => new Float32Array(16 * 16).fill(value);
    const row = {
      ...{
        id: 'a.png',
        image: new Uint8Array(3 * 256),
        mask: plane(1),
        maskValid: new Uint8Array(256).fill(1),
      },
      ...{ depth: plane(0.5), depthValid: new Uint8Array(256).fill(1), predictedMask: plane(0.8) },
      ...{ predictedDepth: plane(0.4), iou: 1, rmse: 0.1 },
    };
    const draw = async (rows: number) => {
      const png = await errorGrid({
        ...{ title: 'Errors', height: 16, width: 16, maxDepth: 10, depthUnit: 'm' },
        rows: Array.from({ length: rows }, () => ({ place: 'worst by IoU', row })),
      });
      return (await sharp(png).metadata()).height;
    };
    expect(await draw(3)).toBeGreaterThan((await draw(1)) + 2 * 224);
  });
});
