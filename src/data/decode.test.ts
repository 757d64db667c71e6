import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage, decodePlane, readHeader } from './decode.js';
import { failure, greyPng } from './files.fixture.js';
import { resize } from './resize.js';

const noise = (i: number) => (i * 7919 + (i >> 5) * 104_729) & 65_535;

const decoded = async (bytes: Buffer, labels = false) => {
  const picture = { bytes, file: 'a.png' };
  return [...(await decodePlane(picture, await readHeader(picture), { labels })).data];
};

describe('decodePlane', () => {
  // Pictures of up to 2^19 pixels and larger ones go different ways.
  it.each([
    ['small', 40, 30],
    ['large', 800, 700],
  ])(
    'gives every number of a %s PNG as it was written: 8 and 16 bits, equal channels, interlaced',
    async (_, width, height) => {
      const deep = Uint16Array.from({ length: width * height }, (_, i) => noise(i));
      const shallow = Uint8Array.from(deep);
      expect(await decoded(await greyPng(width, height, deep))).toEqual([...deep]);
      expect(await decoded(await greyPng(width, height, shallow))).toEqual([...shallow]);
      const interlaced = sharp(shallow, { raw: { width, height, channels: 1 } }).toColourspace('b-w');
      expect(await decoded(await interlaced.png({ progressive: true }).toBuffer())).toEqual([...shallow]);
      for (const values of [shallow, deep]) {
        const colours = values.constructor === Uint8Array ? 'srgb' : 'rgb16';
        const Integers = values.constructor as Uint16ArrayConstructor;
        const data = Integers.from({ length: 3 * values.length }, (_, i) => values[Math.floor(i / 3)]);
        const png = sharp(data, { raw: { width, height, channels: 3 } })
          .toColourspace(colours)
          .png();
        expect(await decoded(await png.toBuffer())).toEqual([...values]);
      }
    },
  );

  it.each([
    ['small', 40, 30],
    ['large', 800, 700],
  ])('gives a %s palette image as labels, or as the grey of its colours', async (_, width, height) => {
    const labels = Uint8Array.from({ length: width * height }, (_, i) => noise(i) % 5);
    const grey = labels.map((label) => 40 * label);
    const bytes = await sharp(grey, { raw: { width, height, channels: 1 } })
      .png({ palette: true, colours: 256, dither: 0, effort: 1 })
      .toBuffer();
    expect((await readHeader({ bytes, file: 'a.png' })).png?.palette).toBe(true);
    const numbers = await decoded(bytes, true);
    const colours = new Map(numbers.map((number, i) => [number, grey[i]]));
    expect(numbers.map((number) => colours.get(number))).toEqual([...grey]);
    expect(Math.max(...colours.keys())).toBeLessThan(16);
    // The encoder may move a colour by a little.
    for (const [i, value] of (await decoded(bytes)).entries())
      if (Math.abs(value - grey[i]) > 8) throw new Error(`expected about ${grey[i]} at ${i}, got ${value}`);
  });

  it.each([
    ['small', 40, 30],
    ['large', 800, 700],
  ])('refuses a %s PNG that is cut, damaged or colourful', async (_, width, height) => {
    const whole = await greyPng(
      width,
      height,
      Uint16Array.from({ length: width * height }, (_, i) => noise(i)),
    );
    for (const kept of [whole.length - 40, whole.length >> 1, 90, 40]) {
      const { message } = await failure(decoded(whole.subarray(0, kept)));
      expect(message).toBe('a.png: is cut short');
    }
    if (width * height < 2 ** 19)
      expect((await failure(decoded(whole.subarray(0, -1)))).message).toBe('a.png: is cut short');
    const damaged = Buffer.from(whole);
    damaged.fill(0x55, 200, 300);
    expect((await failure(decoded(damaged))).message).toBe('a.png: is damaged: its pixels cannot be decoded');
    const flipped = Buffer.from(whole);
    flipped[whole.length >> 1] ^= 1;
    expect((await failure(decoded(flipped))).message).toBe('a.png: is damaged: its pixels cannot be decoded');
    const colours = await sharp({ create: { width, height, channels: 3, background: '#456' } })
      .png()
      .toBuffer();
    expect((await failure(decoded(colours))).message).toBe('a.png: expected one grey channel, got colours');
  });
});

describe('readHeader', () => {
  it.each([
    ['a baseline JPEG', { progressive: false }, 3],
    ['a progressive JPEG', { progressive: true }, 3],
    ['a grey JPEG', { progressive: false }, 1],
  ])('finds what sharp finds in %s', async (_, options, channels) => {
    const pixels = sharp({ create: { width: 37, height: 21, channels: 3, background: '#456' } });
    const picture = channels === 1 ? pixels.toColourspace('b-w') : pixels;
    const bytes = await picture
      .withExif({ IFD0: { Copyright: 'nobody' } })
      .jpeg(options)
      .toBuffer();
    expect(await readHeader({ bytes, file: 'a.jpg' })).toMatchObject({
      width: 37,
      height: 21,
      channels,
      bits: 8,
    });
  });

  it('refuses a JPEG without a frame', async () => {
    const bytes = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#456' } })
      .jpeg()
      .toBuffer();
    const { message } = await failure(readHeader({ bytes: bytes.subarray(0, 30), file: 'a.jpg' }));
    expect(message).toBe('a.jpg: is no image that can be read');
  });
});

describe('decodeImage', () => {
  // Pictures of up to 2^17 pixels and larger ones go different ways.
  it.each([
    ['a small one', 40, 30, [64, 80]],
    ['a large one', 400, 400, [416, 416]],
  ] as const)('enlarges %s by the linear filter, edges too', async (_, width, height, size) => {
    const data = Buffer.from(Uint8Array.from({ length: 3 * width * height }, (_, i) => noise(i)));
    const bytes = await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer();
    const picture = { bytes, file: 'a.png' };
    const whole = { left: 0, top: 0, width, height };
    const enlarged = await decodeImage(picture, await readHeader(picture), whole, size);
    expect(Buffer.from(enlarged).equals(resize({ data, width, channels: 3 }, whole, size))).toBe(true);
  });

  const photo = (width: number, height: number, channels: 1 | 3 = 3) => {
    const value = (i: number) => 128 + 90 * Math.sin(i / 50) + (noise(i) % 37);
    return sharp(
      Uint8Array.from({ length: channels * width * height }, (_, i) => value(i)),
      {
        raw: { width, height, channels },
      },
    );
  };
  const bySharp = (bytes: Buffer) => sharp(bytes).toColourspace('srgb').raw().toBuffer();

  it.each([
    ['baseline', photo(256, 192).jpeg({ quality: 75 })],
    ['progressive', photo(99, 61).jpeg({ progressive: true })],
    ['odd, without subsampling', photo(57, 33).jpeg({ chromaSubsampling: '4:4:4', quality: 98 })],
    ['grey', photo(64, 48, 1).toColourspace('b-w').jpeg()],
    ['Display P3', photo(80, 60).withIccProfile('p3').jpeg()],
    ['CMYK', photo(80, 60).toColourspace('cmyk').jpeg()],
  ])('gives what libvips gives of a small JPEG: %s', async (_, picture) => {
    const bytes = await picture.toBuffer();
    const image = { bytes, file: 'a.jpg' };
    const header = await readHeader(image);
    const { width, height } = header;
    const crop = { left: 3, top: 2, width: width - 9, height: height - 5 };
    const data = await bySharp(bytes);
    expect(Buffer.from(await decodeImage(image, header, crop, [24, 40]))).toEqual(
      Buffer.from(resize({ data, width, channels: 3 }, crop, [24, 40])),
    );
  });

  it('refuses a JPEG that is cut or damaged', async () => {
    const whole = await photo(256, 192).jpeg().toBuffer();
    const decodeWhole = async (bytes: Buffer) => {
      const image = { bytes, file: 'a.jpg' };
      const header = await readHeader(image);
      return decodeImage(image, header, { left: 0, top: 0, width: 256, height: 192 }, [48, 64]);
    };
    for (const kept of [whole.length - 2, whole.length >> 1, 700])
      expect((await failure(decodeWhole(whole.subarray(0, kept)))).message).toBe('a.jpg: is cut short');
    // The next one is decoded as if nothing had happened.
    expect(await decodeWhole(whole)).toHaveLength(3 * 48 * 64);
  });

  it('shrinks a large smooth one on another thread, to nearly the same', async () => {
    const [width, height] = [480, 320];
    const wave = (i: number) => 128 + 60 * Math.sin((i % width) / 20) + 60 * Math.cos(i / width / 30);
    const data = Buffer.from(
      Uint8Array.from({ length: 3 * width * height }, (_, i) => wave(Math.floor(i / 3))),
    );
    const bytes = await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer();
    const picture = { bytes, file: 'a.png' };
    const whole = { left: 0, top: 0, width, height };
    const shrunk = await decodeImage(picture, await readHeader(picture), whole, [80, 120]);
    const expected = resize({ data, width, channels: 3 }, whole, [80, 120]);
    const errors = expected.map((value, i) => Math.abs(value - shrunk[i]));
    expect(Math.max(...errors)).toBeLessThanOrEqual(3);
  });
});
