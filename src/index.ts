/** The public API. What is not here may change without notice. */
export {
  type LossFile,
  loadConfig,
  loadLossFiles,
  parseConfig,
  type ResolvedConfig,
  stringifyConfig,
} from './config/index.js';
export { epochOrder } from './data/batches.js';
export { cached } from './data/cache.js';
export type { Batch, Dataset, Sample, Splits } from './data/dataset.js';
export { type FolderOptions, openFolder } from './data/formats/folder.js';
export { type LoaderOptions, loadBatches } from './data/loader.js';
export { splitByScene, takeFraction } from './data/splits.js';
export { type SyntheticOptions, syntheticDataset } from './data/synthetic/synthetic-dataset.js';
export { type ErrorCode, exitCodes, FathomError } from './errors.js';
export * as graph from './graph/index.js';
export { defineLoss, type Loss, type LossInputs, type Task } from './losses/loss.js';
export {
  masked,
  meanOfPools,
  type Pool,
  pixelMean,
  poolMean,
  poolProducts,
  poolSum,
} from './losses/masked.js';
export { type CompiledLoss, compileLoss, type LossInfo, listLosses } from './losses/registry.js';
export { type FinalizeOptions, finalize } from './metrics/finalize.js';
export { type MetricInfo, metricInfos } from './metrics/info.js';
export { imageSums, type SumName } from './metrics/sums.js';
export type { Logits, Model } from './models/model.js';
export { findModel, models } from './models/registry.js';
export { lowerToOnnx, type OnnxProgram } from './onnx/lower.js';
export { decodeSafetensors, encodeSafetensors, type NamedTensor } from './onnx/safetensors.js';
export type { OptimizerOptions } from './optim/optimizer.js';
export { makeOptimizer } from './optim/registry.js';
export { makeSchedule, type ScheduleOptions } from './optim/schedules.js';
export { collectStudy } from './report/collect.js';
export { terminalTable } from './report/terminal.js';
export { writeReport } from './report/write-report.js';
export type { Executable, RuntimeOptions } from './runtime/executable.js';
export { compile } from './runtime/node.js';
export * as stats from './stats/index.js';
export { executeFirstRun, executeStudy, type StudyObserver, type StudyOptions } from './study/execute.js';
export { planStudy, type StudyPlan } from './study/plan.js';
export type { ArmResult, RunResult, StudyResults } from './study/results.js';
export { type Checkpoint, readCheckpoint } from './train/checkpoint.js';
export { createEvaluator, type Evaluator } from './train/evaluation.js';
export type { EpochRecord, HistoryRecord, StepRecord } from './train/history.js';
export { inferenceGraph } from './train/inference.js';
export { createNetwork, type Network, type NetworkSpec } from './train/network.js';
export { createTrainer, type Trainer, type TrainerOptions } from './train/trainer.js';
