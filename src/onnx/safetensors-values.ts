/** The types of numbers in a safetensors file, read as float32. */

/** Bytes of one number, and how it is read. */
interface Reader {
  readonly bytes: number;
  read(view: DataView, at: number): number;
}

/** IEEE 754 half precision: one bit of sign, five of exponent, ten of fraction. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const scratch = new DataView(new ArrayBuffer(4));

/** The upper half of a float32. */
function brainFloat(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}

/** By the format's names. Integers are counters, such as PyTorch's number of batches: exact up to 2²⁴. */
const readers: Readonly<Record<string, Reader>> = {
  F32: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  F64: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  F16: { bytes: 2, read: (view, at) => half(view.getUint16(at, true)) },
  BF16: { bytes: 2, read: (view, at) => brainFloat(view.getUint16(at, true)) },
  I64: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  I32: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
};

/** Names of the types that can be read. */
export const valueTypes: readonly string[] = Object.keys(readers);

/** Bytes of one number of a type in {@link valueTypes}. */
export const bytesOf = (type: string): number => readers[type].bytes;

/** The numbers in `bytes`, all of one type in {@link valueTypes}, as float32; float32 itself where it lies, if it can be read there. */
export function readValues(bytes: Uint8Array, type: string): Float32Array {
  if (type === 'F32') {
    // The values of a file of another writer need not lie at a multiple of four; Buffer's own slice would share memory.
    const { buffer, byteOffset } = isAligned(bytes) ? bytes : Uint8Array.prototype.slice.call(bytes);
    return new Float32Array(buffer, byteOffset, bytes.length / 4);
  }
  const { bytes: width, read } = readers[type];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.length / width }, (_, i) => read(view, i * width));
}

const isAligned = ({ byteOffset }: Uint8Array): boolean => byteOffset % Float32Array.BYTES_PER_ELEMENT === 0;
