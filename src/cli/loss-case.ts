/** Reads the case of `fathom loss eval`: logits, target and the rest as JSON, every value checked. */
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { FathomError, unknownValue, unreadable } from '../errors.js';

/** Arrays of a case, row by row. */
export interface LossCase {
  readonly shape: readonly [number, 1, number, number];
  readonly arrays: Readonly<Record<'logits' | 'target', Float32Array>> &
    Readonly<Partial<Record<'valid' | 'image' | 'distance', Float32Array>>>;
}

const keys = ['shape', 'logits', 'target', 'valid', 'image', 'distance'];
const layout = '{"shape":[N,1,H,W],"logits":[…],"target":[…],"valid":[…]}';

async function readText(path: string): Promise<string> {
  if (path === '-') return text(process.stdin);
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw unreadable(path, cause, `--input names a file of ${layout}`);
  }
}

/**
 * Reads a case from a file, or from standard input for `-`. Throws a FathomError of code `data` that names the file and
 * the key. Targets outside 0–1 are refused where they are valid.
 */
export async function readLossCase(path: string): Promise<LossCase> {
  return parseLossCase(await readText(path), path === '-' ? 'standard input' : path);
}

/** Parses a case; `name` stands in messages for where it comes from. */
export function parseLossCase(json: string, name: string): LossCase {
  const refuse = (problem: string): never => {
    throw new FathomError('data', `${name}: ${problem}`, { hint: `expected ${layout}` });
  };
  const parse = (): unknown => {
    try {
      return JSON.parse(json);
    } catch (error) {
      return refuse(`not JSON: ${(error as Error).message.split('\n')[0]}`);
    }
  };
  const root = parse();
  if (typeof root !== 'object' || root === null || Array.isArray(root)) return refuse('expected an object');
  const fields = root as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(fields).find((key) => !keys.includes(key));
  if (unknown !== undefined) refuse(unknownValue('key', unknown, keys));
  const missing = ['shape', 'logits', 'target'].find((key) => fields[key] === undefined);
  if (missing) refuse(`${missing}: missing`);

  const shape = fields.shape as LossCase['shape'];
  const isSize = (n: unknown) => Number.isInteger(n) && (n as number) >= 1;
  if (!Array.isArray(shape) || shape.length !== 4 || !shape.every(isSize) || shape[1] !== 1)
    refuse(`shape: expected four sizes [N, 1, H, W], got ${JSON.stringify(shape)}`);
  const [n, , h, w] = shape;

  const read = (key: string, channels = 1): Float32Array => {
    const values = fields[key];
    if (!Array.isArray(values)) return refuse(`${key}: expected a flat list of numbers`);
    const size = n * channels * h * w;
    if (values.length !== size)
      refuse(`${key}: expected ${size} values for [${[n, channels, h, w].join(', ')}], got ${values.length}`);
    const wrong = values.findIndex(
      (value) => typeof value !== 'number' || !Number.isFinite(Math.fround(value)),
    );
    if (wrong >= 0)
      refuse(`${key}[${wrong}]: expected a finite number, got ${JSON.stringify(values[wrong])}`);
    return Float32Array.from(values);
  };
  const optional = (key: string, channels?: number) =>
    fields[key] === undefined || fields[key] === null ? undefined : read(key, channels);
  const arrays = {
    logits: read('logits'),
    target: read('target'),
    valid: optional('valid'),
    image: optional('image', 3),
    distance: optional('distance'),
  };
  const within = (
    key: 'target' | 'valid' | 'image',
    expected: string,
    test: (x: number, i: number) => boolean,
  ) => {
    const wrong = arrays[key]?.findIndex((x, i) => !test(x, i)) ?? -1;
    if (wrong >= 0) refuse(`${key}[${wrong}]: expected ${expected}, got ${(fields[key] as number[])[wrong]}`);
  };
  within('valid', '0 or 1', (x) => x === 0 || x === 1);
  within('target', 'a number from 0 to 1', (x, i) => arrays.valid?.[i] === 0 || (x >= 0 && x <= 1));
  within('image', 'a number from 0 to 1', (x) => x >= 0 && x <= 1);
  return { shape, arrays };
}
