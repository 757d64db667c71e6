/** Adds up what the wall time of a study goes into. */

/** What time is spent on; the rest goes into the start, figures and files. */
export type Activity = 'steps' | 'validation' | 'data' | 'sessions';

/** Adds up seconds by activity. */
export interface Clock {
  /** Seconds so far. */
  readonly spent: Readonly<Record<Activity, number>>;
  /** Seconds since the clock was started. */
  readonly total: number;
  add(activity: Activity, milliseconds: number): void;
  /** Does some work and adds the time it took, also when it fails. */
  time<T>(activity: Activity, work: () => Promise<T>): Promise<T>;
}

/** A clock that was started at `startedAt`, milliseconds of `performance.now()`, by default now. */
export function createClock(startedAt = performance.now()): Clock {
  const now = () => performance.now();
  const spent = { steps: 0, validation: 0, data: 0, sessions: 0 };
  const add = (activity: Activity, milliseconds: number) => {
    spent[activity] += milliseconds / 1000;
  };
  return {
    spent,
    get total() {
      return (now() - startedAt) / 1000;
    },
    add,
    async time(activity, work) {
      const begun = now();
      try {
        return await work();
      } finally {
        add(activity, now() - begun);
      }
    },
  };
}
