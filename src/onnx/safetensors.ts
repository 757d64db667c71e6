/**
 * Named float32 tensors as a safetensors file: eight bytes with the header's length, a JSON header, the values.
 * Source: https://huggingface.co/docs/safetensors
 */
import { FathomError } from '../errors.js';
import { bytesOf, readValues, valueTypes } from './safetensors-values.js';

/** Values of one tensor, row by row. */
export interface NamedTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What a safetensors file holds. */
export interface TensorFile {
  /** By name, in the order of their data. */
  readonly tensors: Readonly<Record<string, NamedTensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

const metadataKey = '__metadata__';
/** Bytes before the header, and the multiple at which the values begin. */
const alignment = 8;
/** The reference implementation's bound. */
const longestHeader = 100_000_000;

const elements = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/**
 * The bytes of a file with these tensors in consecutive parts: the header, then the tensors' values where they lie,
 * in the order of the record. Throws a RangeError for data that does not fill its shape.
 */
export function safetensorsParts(
  tensors: Readonly<Record<string, NamedTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const { entries, values } = descriptions.get(tensors) ?? describe(tensors);
  descriptions.set(tensors, { entries, values });
  const extra = Object.keys(metadata).length > 0 ? [`"${metadataKey}":${JSON.stringify(metadata)}`] : [];
  const json = new TextEncoder().encode(`{${[...extra, ...entries].join()}}`);
  const headerLength = Math.ceil(json.length / alignment) * alignment;
  const head = new Uint8Array(alignment + headerLength).fill(0x20, alignment);
  new DataView(head.buffer).setBigUint64(0, BigInt(headerLength), true);
  head.set(json, alignment);
  return [head, ...values];
}

/** Tensors in the form of a file: their entries in the header, and their values where they lie. */
interface Description {
  readonly entries: readonly string[];
  readonly values: readonly Uint8Array[];
}

/** A run writes the same hundreds of tensors after every epoch. */
const descriptions = new WeakMap<Readonly<Record<string, NamedTensor>>, Description>();

function describe(tensors: Readonly<Record<string, NamedTensor>>): Description {
  let end = 0;
  const entries = Object.entries(tensors).map(([name, { shape, data }]) => {
    if (data.length !== elements(shape)) {
      throw new RangeError(
        `safetensors: '${name}' [${shape}] takes ${elements(shape)} values, got ${data.length}`,
      );
    }
    const begin = end;
    end += data.byteLength;
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype: 'F32', shape, data_offsets: [begin, end] })}`;
  });
  return { entries, values: bytesOfAll(Object.values(tensors).map(({ data }) => data)) };
}

/** The bytes of arrays where they lie, neighbours in memory as one: a system call takes long over hundreds of small parts. */
function bytesOfAll(arrays: readonly Float32Array[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (const { buffer, byteOffset, byteLength } of arrays) {
    const last = parts.at(-1);
    if (last?.buffer === buffer && last.byteOffset + last.byteLength === byteOffset)
      parts[parts.length - 1] = new Uint8Array(buffer, last.byteOffset, last.byteLength + byteLength);
    else parts.push(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return parts;
}

/**
 * The bytes of a file with these tensors; the same input gives the same bytes. Throws as {@link safetensorsParts}.
 *
 * @example await writeFile('w.safetensors', encodeSafetensors({ w: { shape: [2], data: Float32Array.of(1, 2) } }))
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, NamedTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const parts = safetensorsParts(tensors, metadata);
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let position = 0;
  for (const part of parts) {
    bytes.set(part, position);
    position += part.length;
  }
  return bytes;
}

/**
 * The tensors of a file, which may share the memory of its bytes; other types of numbers become float32. `file` names it in errors.
 * Throws a FathomError of code `data` for bytes that are cut short or no safetensors file.
 */
export function decodeSafetensors(bytes: Uint8Array, file = 'safetensors'): TensorFile {
  const fail = (problem: string): FathomError =>
    new FathomError('data', `${file}: ${problem}`, {
      hint: 'the file is damaged or was written by something else; take another checkpoint or train again',
    });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < alignment) throw fail(`expected a safetensors file, got ${bytes.length} bytes`);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > longestHeader) throw fail('expected a safetensors file, got another kind of file');
  const dataStart = alignment + headerLength;
  if (dataStart > bytes.length) {
    throw fail(`truncated: the header ends at byte ${dataStart}, the file at ${bytes.length}`);
  }
  const { [metadataKey]: metadata = {}, ...entries } = parseHeader(
    bytes.subarray(alignment, dataStart),
    fail,
  );
  if (!isRecord(metadata) || Object.values(metadata).some((value) => typeof value !== 'string')) {
    throw fail(`${metadataKey}: expected text values`);
  }

  let end = 0;
  // The format allows no holes, so in the order of their data each tensor begins where the one before ends.
  const described = Object.entries(entries).map(([name, entry]) => parseEntry(name, entry, fail));
  described.sort((a, b) => a.begin - b.begin || a.length - b.length);
  const tensors = described.map(({ name, shape, dtype, begin, length }): [string, NamedTensor] => {
    if (begin !== end) throw fail(`tensor '${name}': expected its data at byte ${end}, got ${begin}`);
    end = begin + length;
    if (dataStart + end > bytes.length) {
      throw fail(`truncated: tensor '${name}' ends at byte ${dataStart + end}, the file at ${bytes.length}`);
    }
    return [name, { shape, data: readValues(bytes.subarray(dataStart + begin, dataStart + end), dtype) }];
  });
  if (dataStart + end !== bytes.length) {
    throw fail(`expected ${dataStart + end} bytes, got ${bytes.length}`);
  }
  return { tensors: Object.fromEntries(tensors), metadata: metadata as Record<string, string> };
}

type Fail = (problem: string) => FathomError;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parseHeader(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw fail('the header is not JSON');
  }
  if (!isRecord(header)) throw fail('the header is not a JSON object');
  return header;
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function parseEntry(name: string, entry: unknown, fail: Fail) {
  if (!isRecord(entry)) throw fail(`tensor '${name}': expected a description`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string' || !valueTypes.includes(dtype)) {
    throw fail(`tensor '${name}': expected dtype ${valueTypes.join(', ')}, got ${JSON.stringify(dtype)}`);
  }
  if (!Array.isArray(shape) || !shape.every(isSize)) {
    throw fail(`tensor '${name}': expected sizes, got shape ${JSON.stringify(shape)}`);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    throw fail(`tensor '${name}': expected two data_offsets, got ${JSON.stringify(offsets)}`);
  }
  const [begin, end] = offsets as [number, number];
  const length = bytesOf(dtype) * elements(shape);
  if (end - begin !== length) {
    throw fail(
      `tensor '${name}': shape [${shape}] takes ${length} bytes, its data_offsets span ${end - begin}`,
    );
  }
  return { name, shape: shape as number[], dtype, begin, length };
}
