/** How a run writes its files: as the data room does. */
export { appending, jsonText, unwritable, writeFileWhole } from '../data/write-file.js';
