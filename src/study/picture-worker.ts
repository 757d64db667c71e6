/** The program of a thread that draws the pictures of runs. */
import { setPriority } from 'node:os';
import { answerRequests } from '../thread.js';
import { drawPictures, type Pictures } from './picture-thread.js';
// Loaded at once, while the first step is compiled on one core.
import './run-pictures.js';

// Of this thread alone, as only Linux has it: pictures take the time that training leaves, and hold up none of its steps.
if (process.platform === 'linux') setPriority(19);

answerRequests(async (pictures: Pictures) => {
  await drawPictures(pictures);
  return true;
});
