/** The program of a thread that draws the pictures of runs. */
import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { sendError } from '../errors.js';
import { drawPictures, type PictureReply, type PictureRequest } from './picture-thread.js';
// Loaded at once, while the first step is compiled on one core.
import './run-pictures.js';

// Of this thread alone, as only Linux has it: pictures take the time that training leaves, and hold up none of its steps.
if (process.platform === 'linux') setPriority(19);

async function replyTo({ id, pictures }: PictureRequest): Promise<PictureReply> {
  try {
    await drawPictures(pictures);
    return { id };
  } catch (error) {
    return { id, failure: sendError(error) };
  }
}

parentPort?.on('message', async (request: PictureRequest) => {
  parentPort?.postMessage(await replyTo(request));
});
