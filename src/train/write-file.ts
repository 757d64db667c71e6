/** How a run writes its files: as the data room does. */
export {
  appending,
  type DraftFile,
  jsonText,
  publishInOrder,
  removeDrafts,
  startFile,
  unwritable,
  writeFileWhole,
} from '../data/write-file.js';
