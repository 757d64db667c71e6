import { describe, expect, it } from 'vitest';
import { withBackground } from './background.js';

/** Work that ends when told to, with what it was told. */
function held() {
  let end!: (error?: Error) => void;
  const ending = new Promise<void>((resolve, reject) => {
    end = (error) => (error ? reject(error) : resolve());
  });
  return { work: () => ending, end };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('withBackground', () => {
  it('goes on beside what it starts, and starts no more before that has ended', async () => {
    const events: string[] = [];
    const first = held();
    await withBackground(async (background) => {
      await background.start(() => {
        events.push('beside');
        return first.work();
      });
      events.push('goes on');
      const second = background.start(async () => void events.push('second'));
      await turn();
      expect(events).toEqual(['beside', 'goes on']);
      first.end();
      await second;
      await background.ended();
    });
    expect(events).toEqual(['beside', 'goes on', 'second']);
  });

  it('takes as many pieces as it may, does them one after another, and none after a failure', async () => {
    const events: string[] = [];
    const [first, second] = [held(), held()];
    const begin = (name: string, work: () => Promise<void>) => () => {
      events.push(name);
      return work();
    };
    const result = withBackground(async (background) => {
      await background.start(begin('first', first.work));
      await background.start(begin('second', second.work));
      events.push('goes on');
      const third = background.start(begin('third', async () => {}));
      await turn();
      expect(events).toEqual(['first', 'goes on']);
      first.end();
      await third;
      await turn();
      expect(events).toEqual(['first', 'goes on', 'second']);
      second.end(new Error('disk full'));
      await turn();
      await background.start(begin('fourth', async () => {}));
    }, 2);
    await expect(result).rejects.toThrow('disk full');
    expect(events).toEqual(['first', 'goes on', 'second']);
  });

  it('returns a result when all has ended', async () => {
    const { work, end } = held();
    let returned = false;
    const result = withBackground(async (background) => {
      await background.start(work);
      return 7;
    }).finally(() => {
      returned = true;
    });
    await turn();
    expect(returned).toBe(false);
    end();
    expect(await result).toBe(7);
  });

  it('throws what a piece threw: at the next start, on waiting, or at the end', async () => {
    const broken = new Error('disk full');
    for (const wait of ['start', 'ended', 'never'] as const) {
      const { work, end } = held();
      const reached: string[] = [];
      const result = withBackground(async (background) => {
        await background.start(work);
        await turn();
        reached.push('goes on');
        if (wait === 'start') await background.start(async () => void reached.push('another'));
        if (wait === 'ended') await background.ended();
        if (wait !== 'never') reached.push('after');
      });
      let settled = false;
      result.catch(() => {
        settled = true;
      });
      await turn();
      await turn();
      expect(settled).toBe(false);
      end(broken);
      await expect(result).rejects.toBe(broken);
      expect(reached).toEqual(['goes on']);
    }
  });

  it('throws the error of the work before that of a piece, and leaves nothing running', async () => {
    const { work, end } = held();
    const result = withBackground(async (background) => {
      await background.start(work);
      throw new Error('training failed');
    });
    let settled = false;
    result.catch(() => {
      settled = true;
    });
    await turn();
    expect(settled).toBe(false);
    end(new Error('disk full'));
    await expect(result).rejects.toThrow('training failed');
  });
});
