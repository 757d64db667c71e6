/** How the numbers of mask, label and depth files become coverage, normalised depth and valid maps. */

import { FathomError } from '../../errors.js';

/** Which files hold masks, and what their numbers mean. */
export interface MaskOptions {
  readonly folder: string;
  /** Labels that are foreground. With `foreground` or `background` the files are label maps. */
  readonly foreground?: readonly number[];
  /**
   * Labels that are background. Alone, every other label is foreground; together with `foreground`, a label in
   * neither list is not counted.
   */
  readonly background?: readonly number[];
  /** Numbers that must not be counted, such as 255 for void. */
  readonly ignore?: readonly number[];
  /** Makes a grey mask hard: 1 where its value, 0–1, is at least this. */
  readonly threshold?: number;
}

/** Which files hold depth, and what their numbers mean. */
export interface DepthOptions {
  readonly folder: string;
  /** Depth of one step of the stored numbers: `depth = raw * scale`, in `unit`. */
  readonly scale: number;
  /** Depth that is normalised to 1. Deeper pixels are not counted. */
  readonly maxDepth: number;
  /** Unit of `scale` and `maxDepth`; `m` unless given. */
  readonly unit?: string;
  /** Stored numbers that mean "not measured"; `[0]` unless given. */
  readonly invalid?: readonly number[];
}

/** A value and whether it counts, for each integer that a plane can hold. */
export interface LookUp<T extends Uint8Array | Uint16Array> {
  readonly value: T;
  readonly valid: Uint8Array;
}

/** Whether the mask is a smooth grey one; otherwise its numbers are looked up, since a mean of two labels is no label. */
export function isGreyMask({ foreground, background, ignore }: MaskOptions): boolean {
  return !foreground && !background && !ignore;
}

/** Whether a coverage of 0–255 passes the threshold, as 0 or 255; the coverage itself without one. */
export function harden(coverage: number, threshold: number | undefined): number {
  if (threshold === undefined) return coverage;
  return coverage / 255 >= threshold ? 255 : 0;
}

/**
 * Coverage 0–255 and validity of the numbers below `integers` of a label map, or of a grey mask that has numbers to ignore.
 *
 * Throws a FathomError of code `usage` when one label is in two of the lists.
 */
export function maskLookUp(options: MaskOptions, integers: number): LookUp<Uint8Array> {
  const { foreground, background, ignore = [], threshold } = options;
  const lists = { foreground, background, ignore };
  const listOf = new Map<number, string>();
  for (const [list, labels] of Object.entries(lists))
    for (const label of labels ?? []) {
      const other = listOf.get(label);
      if (other !== undefined && other !== list)
        throw new FathomError('usage', `mask: label ${label} is in both ${other} and ${list}`, {
          hint: 'keep it in one of the lists',
        });
      listOf.set(label, list);
    }
  const rest = foreground && background ? 'ignore' : foreground ? 'background' : 'foreground';
  const labelled = foreground !== undefined || background !== undefined;

  const value = new Uint8Array(integers);
  const valid = new Uint8Array(integers);
  for (let raw = 0; raw < integers; raw++) {
    const list = listOf.get(raw) ?? rest;
    valid[raw] = list === 'ignore' ? 0 : 1;
    if (valid[raw] && list === 'foreground')
      value[raw] = labelled ? 255 : harden(Math.min(raw, 255), threshold);
  }
  return { value, valid };
}

/**
 * Converts a stored number, integer or not, to depth as a fraction of `maxDepth`, 65535 being 1; undefined for one that
 * is not measured, deeper than `maxDepth`, negative, or not finite.
 */
export function depthConverter({ scale, maxDepth, invalid = [0] }: DepthOptions) {
  const unmeasured = new Set(invalid);
  return (raw: number): number | undefined => {
    const normalised = Math.round(((raw * scale) / maxDepth) * 65535);
    return normalised >= 0 && normalised <= 65535 && !unmeasured.has(raw) ? normalised : undefined;
  };
}

/** {@link depthConverter} as a table of the integers below `integers`. */
export function depthLookUp(options: DepthOptions, integers: number): LookUp<Uint16Array> {
  const convert = depthConverter(options);
  const value = new Uint16Array(integers);
  const valid = new Uint8Array(integers);
  for (let raw = 0; raw < integers; raw++) {
    const converted = convert(raw);
    valid[raw] = converted === undefined ? 0 : 1;
    value[raw] = converted ?? 0;
  }
  return { value, valid };
}
