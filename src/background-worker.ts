/** The program of a background thread. */
import { setPriority } from 'node:os';
import type { ThreadRequest } from './background-thread.js';
import { answerRequests } from './thread.js';

// Of this thread alone, as only Linux has it: it takes the time that others leave, and holds up none of their work.
if (process.platform === 'linux') setPriority(19);

answerRequests(async (request: ThreadRequest) => {
  if ('load' in request) {
    await import(request.load);
    return { value: undefined };
  }
  const module = await import(request.module);
  return { value: await module[request.name](...request.args) };
});
