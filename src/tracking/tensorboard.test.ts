import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from 'vitest';
import type { HistoryRecord } from '../train/history.js';
import { crc32c, encodeVersion, maskedCrc, openEventFile, tfRecord } from './tensorboard.js';

const ascii = (text: string) => new TextEncoder().encode(text);

/** Splits a file into its records and checks every checksum. */
function unframe(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const records: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(view.getBigUint64(at, true));
    expect(view.getUint32(at + 8, true)).toBe(maskedCrc(bytes.subarray(at, at + 8)));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(view.getUint32(at + 12 + length, true)).toBe(maskedCrc(data));
    records.push(data);
    at += 16 + length;
  }
  return records;
}

interface Parsed {
  wallTime?: number;
  step?: number;
  version?: string;
  values: Record<string, number>;
}

function parseValue(reader: BinaryReader, values: Record<string, number>) {
  let tag = '';
  for (const end = reader.uint32() + reader.pos; reader.pos < end; ) {
    const [field] = reader.tag();
    if (field === 1) tag = reader.string();
    else if (field === 2) values[tag] = reader.float();
    else throw new Error(`Value: field ${field}`);
  }
}

function parseEvent(data: Uint8Array): Parsed {
  const reader = new BinaryReader(data);
  const event: Parsed = { values: {} };
  while (reader.pos < reader.len) {
    const [field] = reader.tag();
    if (field === 1) event.wallTime = reader.double();
    else if (field === 2) event.step = Number(reader.int64());
    else if (field === 3) event.version = reader.string();
    else if (field === 5) {
      for (const end = reader.uint32() + reader.pos; reader.pos < end; ) {
        expect(reader.tag()[0]).toBe(1);
        parseValue(reader, event.values);
      }
    } else throw new Error(`Event: field ${field}`);
  }
  return event;
}

describe('TensorBoard events', () => {
  it('computes CRC-32C: the check value of the catalogue, and RFC 3720 B.4', () => {
    expect(crc32c(ascii('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
  });

  it('frames the version record as TensorFlow writes it', () => {
    // The start of every event file: length 24, its checksum, wall time, then field 3 with the version.
    const record = tfRecord(encodeVersion(0));
    expect(Buffer.from(record.subarray(0, 12)).toString('hex')).toBe('1800000000000000a37f4b22');
    expect(Buffer.from(record.subarray(12, -4)).toString('latin1')).toBe(
      `\t${'\0'.repeat(8)}\x1a\rbrain.Event:2`,
    );
  });

  it('holds the history as scalars by step', () => {
    const common = { epoch: 1, loss: 0.5, segmentationLoss: 0.25, depthLoss: 0.125 };
    const step: HistoryRecord = {
      kind: 'step',
      ...common,
      step: 300,
      seconds: 2.5,
      learningRate: 0.01,
      stepMs: 90,
      waitMs: 0,
    };
    const epoch: HistoryRecord = {
      kind: 'epoch',
      ...common,
      step: 300,
      seconds: 4,
      validation: { miou: 0.75 },
      best: true,
    };
    const folder = mkdtempSync(join(tmpdir(), 'fathom-events-'));
    const file = join(folder, 'events.out.tfevents.0');
    const events = openEventFile(file, { startedAt: 1000, records: [step] });
    events.append(epoch);
    events.close();
    const [version, first, second, ...rest] = unframe(readFileSync(file)).map(parseEvent);
    rmSync(folder, { recursive: true });
    expect(version).toEqual({ wallTime: 1000, version: 'brain.Event:2', values: {} });
    expect(first).toMatchObject({ wallTime: 1002.5, step: 300 });
    expect(first.values).toMatchObject({
      'train/loss': 0.5,
      'train/segmentationLoss': 0.25,
      'train/depthLoss': 0.125,
    });
    expect(second).toEqual({ wallTime: 1004, step: 300, values: { 'validation/miou': 0.75 } });
    expect(rest).toEqual([]);
  });
});
