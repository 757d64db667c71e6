import { describe, expect, it } from 'vitest';
import { createRandom } from './random.js';
import { createRoom } from './room.js';

describe('createRoom', () => {
  it('stays within the depth range and keeps furniture inside and off the camera', () => {
    for (let seed = 0; seed < 200; seed++) {
      const { size, furniture, footprints, view } = createRoom(createRandom(seed));
      expect(Math.sqrt(size[0] ** 2 + size[1] ** 2 + size[2] ** 2)).toBeLessThan(10);
      for (const { low, high } of furniture) {
        expect(low[1]).toBeGreaterThan(-0.05);
        expect(high[1]).toBeLessThan(size[1]);
        expect(low[2]).toBeGreaterThan(view.position[2] + 0.5);
        expect(high[2]).toBeLessThan(size[2] + 0.1);
      }
      expect(footprints.length).toBe(furniture.length);
    }
  });
});
