/** A thread that answers requests: the side that asks, and the side that answers. */
import { parentPort, Worker } from 'node:worker_threads';
import { receiveError, type SentError, sendError } from './errors.js';

interface Question<Request> {
  readonly id: number;
  readonly request: Request;
}

/** `ready` once, when the thread has loaded its modules; then what became of each request. */
type Reply<Result> =
  | { readonly ready: true }
  | { readonly id: number; readonly result: Result }
  | ({ readonly id: number } & SentError);

interface Pending<Result> {
  resolve(result: Result | undefined): void;
  reject(error: unknown): void;
}

/** Starts when it is made, and is ready some tenths of a second later. Only requests under way keep the process alive. */
export class Thread<Request, Result> {
  /** Whether threads can be started: they load no TypeScript, which is what tests of the sources run. */
  static readonly isPossible = import.meta.url.endsWith('.js');

  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending<Result>>();
  #sent = 0;
  #isReady = false;
  #isLost = false;

  /** `program` is a module that calls {@link answerRequests}. Throws when the machine gives no more threads. */
  constructor(program: URL) {
    // Flags of the process, such as --input-type, are not meant for it.
    this.#worker = new Worker(program, { execArgv: [] });
    this.#worker.unref();
    this.#worker.on('message', (reply: Reply<Result>) => this.#receive(reply));
    this.#worker.on('error', () => this.#lose());
    this.#worker.on('exit', () => this.#lose());
  }

  /** Whether it has loaded its modules, and lives. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Requests that it has been sent and not answered. */
  get load(): number {
    return this.#pending.size;
  }

  /** What the thread makes of a request, or throws. Undefined when the thread was lost before it answered. */
  async ask(request: Request): Promise<Result | undefined> {
    if (this.#isLost) return undefined;
    const id = this.#sent++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage({ id, request } satisfies Question<Request>);
    });
  }

  /** Ends the thread; requests under way are then lost. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #receive(reply: Reply<Result>): void {
    if ('ready' in reply) {
      this.#isReady = true;
      return;
    }
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (this.#pending.size === 0) this.#worker.unref();
    if ('result' in reply) pending?.resolve(reply.result);
    else pending?.reject(receiveError(reply));
  }

  #lose(): void {
    this.#isLost = true;
    this.#isReady = false;
    for (const { resolve } of this.#pending.values()) resolve(undefined);
    this.#pending.clear();
  }
}

/**
 * Answers the requests of a {@link Thread}, in the program of that thread. `memoryOf` names the memory of a result that is handed over
 * and not copied.
 */
export function answerRequests<Request, Result>(
  work: (request: Request) => Promise<Result>,
  memoryOf: (result: Result) => ArrayBuffer[] = () => [],
): void {
  const send = (reply: Reply<Result>, memory: ArrayBuffer[] = []) => parentPort?.postMessage(reply, memory);
  parentPort?.on('message', async ({ id, request }: Question<Request>) => {
    try {
      const result = await work(request);
      send({ id, result }, memoryOf(result));
    } catch (error) {
      send({ id, ...sendError(error) });
    }
  });
  send({ ready: true });
}
