import { describe, expect, it } from 'vitest';
import { configJsonSchema } from './json-schema.js';
import { parseConfig } from './load.js';
import { stringifyConfig } from './stringify.js';

const parse = (text: string) => parseConfig({ text, file: 'fathom.yaml' });

describe('stringifyConfig', () => {
  it.each([
    '',
    'seed: 3\nmodels: [resunet-wide, resunet]\nstudy: { seeds: 4, pairs: [[bce, "2*ssim + l1"]] }',
    "dataset: { kind: folder, path: '/a/$${B}', depth: { scale: 1/25.5, maxDepth: 10 }, scene: { pattern: '^(.*)_' } }",
    'dataset: { kind: folder, path: x.zip, mask: { background: [0, 39] }, depth: { scale: 1/3, maxDepth: 9 }, background: { folder: bg } }',
  ])('writes what loads to the same: %j', (text) => {
    const config = parse(text);
    expect(parse(stringifyConfig(config))).toEqual(config);
  });

  it('gives editors the schema', () => {
    expect(stringifyConfig(parse(''))).toMatch(
      /^# yaml-language-server: \$schema=\/.*config\.schema\.json\nname: /,
    );
  });
});

interface JsonSchema {
  readonly description?: string;
  readonly properties?: Record<string, JsonSchema>;
  readonly oneOf?: JsonSchema[];
  readonly anyOf?: JsonSchema[];
}

/** Paths of all keys that say nothing about themselves. */
const undescribed = (schema: JsonSchema, path: string): string[] => [
  ...Object.entries(schema.properties ?? {}).flatMap(([key, value]) => [
    ...(value.description ? [] : [`${path}.${key}`]),
    ...undescribed(value, `${path}.${key}`),
  ]),
  ...[...(schema.oneOf ?? []), ...(schema.anyOf ?? [])].flatMap((branch) => undescribed(branch, path)),
];

describe('the JSON Schema', () => {
  it('describes every key', () => {
    // A pair as an object repeats what the description of `pairs` says.
    expect(undescribed(configJsonSchema(), '').filter((key) => !key.startsWith('.study.pairs.'))).toEqual([]);
  });

  it('in docs is current (npx vitest run src/config --update writes it)', async () => {
    await expect(`${JSON.stringify(configJsonSchema(), null, 2)}\n`).toMatchFileSnapshot(
      '../../docs/config.schema.json',
    );
  });
});
