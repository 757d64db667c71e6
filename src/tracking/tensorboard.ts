/** TensorBoard event files: the scalars of a run's history, rewritten from its records when a run resumes. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { HistoryRecord } from '../train/history.js';

/** One value of one curve. */
export interface Scalar {
  readonly tag: string;
  readonly value: number;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** CRC-32C (Castagnoli, reflected polynomial 0x82f63b78) of some bytes. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = crcTable[(crc ^ byte) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** The masked checksum that TFRecord files store: rotated right by 15 bits, plus 0xa282ead8. */
export function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/**
 * Frames bytes as one TFRecord: `uint64 length, uint32 crc(length), data, uint32 crc(data)`, little endian.
 * Source: tensorflow/core/lib/io/record_writer.h.
 */
export function tfRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(data.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc(data), true);
  return record;
}

/** Field numbers of `tensorflow.Event`, `Summary` and `Summary.Value` (tensorflow/core/util/event.proto, summary.proto). */
const fields = {
  event: { wallTime: 1, step: 2, fileVersion: 3, summary: 5 },
  summary: { value: 1 },
  value: { tag: 1, simpleValue: 2 },
};

/** The first event of every file. */
export function encodeVersion(wallTime: number): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(fields.event.wallTime, WireType.Bit64).double(wallTime);
  return writer.tag(fields.event.fileVersion, WireType.LengthDelimited).string('brain.Event:2').finish();
}

/** A `tensorflow.Event` with scalars of one step; `wallTime` in seconds since 1970. */
export function encodeScalars(scalars: readonly Scalar[], step: number, wallTime: number): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(fields.event.wallTime, WireType.Bit64).double(wallTime);
  writer.tag(fields.event.step, WireType.Varint).int64(step);
  writer.tag(fields.event.summary, WireType.LengthDelimited).fork();
  for (const { tag, value } of scalars) {
    writer.tag(fields.summary.value, WireType.LengthDelimited).fork();
    writer.tag(fields.value.tag, WireType.LengthDelimited).string(tag);
    writer.tag(fields.value.simpleValue, WireType.Bit32).float(value).join();
  }
  return writer.join().finish();
}

/** The curves that a record of the history adds to: `train/…` by step, `validation/…` by epoch. */
export function scalarsOf(record: HistoryRecord): Scalar[] {
  if (record.kind === 'epoch')
    return Object.entries(record.validation).map(([name, value]) => ({ tag: `validation/${name}`, value }));
  const { loss, segmentationLoss, depthLoss, learningRate, stepMs, waitMs } = record;
  const values = { loss, segmentationLoss, depthLoss, learningRate, stepMs, waitMs };
  return Object.entries(values).map(([name, value]) => ({ tag: `train/${name}`, value }));
}

/** An open event file. */
export interface EventFile {
  append(record: HistoryRecord): void;
  close(): void;
}

/** Options of {@link openEventFile}. */
export interface EventFileOptions {
  /** Start of the run, seconds since 1970: a record's wall time is this plus its `seconds`. */
  readonly startedAt: number;
  /** The history so far, written first. */
  readonly records?: readonly HistoryRecord[];
}

/** Records that are written at once: TensorBoard looks into the file a few times a minute. */
const recordsAtOnce = 32;

/**
 * Writes a TensorBoard event file anew from the history so far, open for the records to come. They are written with the
 * next record of an epoch, or {@link recordsAtOnce} together; what a kill leaves out is in the history. TensorBoard finds
 * the file when its name starts with `events.out.tfevents.`.
 *
 * @example openEventFile('runs/study/bce__rmse/seed-0/events.out.tfevents.0', { startedAt, records: history.kept })
 */
export function openEventFile(file: string, options: EventFileOptions): EventFile {
  const { startedAt, records = [] } = options;
  const descriptor = openSync(file, 'w');
  const framed = (record: HistoryRecord) =>
    tfRecord(encodeScalars(scalarsOf(record), record.step, startedAt + record.seconds));
  writeSync(descriptor, Buffer.concat([tfRecord(encodeVersion(startedAt)), ...records.map(framed)]));
  let pending: HistoryRecord[] = [];
  return {
    append(record) {
      pending.push(record);
      if (record.kind === 'step' && pending.length < recordsAtOnce) return;
      writeSync(descriptor, Buffer.concat(pending.map(framed)));
      pending = [];
    },
    close: () => closeSync(descriptor),
  };
}
