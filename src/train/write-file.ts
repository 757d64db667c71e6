/** How a run writes its files: as the data room does. */
export { jsonText, writeFileWhole } from '../data/write-file.js';
