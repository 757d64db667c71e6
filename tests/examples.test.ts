import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../src/config/load.js';
import { compileLoss } from '../src/losses/registry.js';
import { planStudy } from '../src/study/plan.js';

const examples = fileURLToPath(new URL('../examples/', import.meta.url));
const files = (await readdir(examples, { recursive: true })).filter((file) => file.endsWith('.yaml')).sort();

describe('examples', () => {
  it.each(files)('%s is a valid configuration with losses that exist', async (file) => {
    const env = { FATHOM_DATA: '/data' };
    const config = await loadConfig({ file: `${examples}${file}`, env, checkLoss: compileLoss });
    expect(planStudy(config).arms.length).toBeGreaterThan(0);
  });
});
