/** Opens sessions of onnxruntime-node, the one place that does. */
import { InferenceSession } from 'onnxruntime-node';

/** A session for a model: its bytes, or its path where parts of it lie in files beside it. onnxruntime's telemetry is switched off: Fathom sends nothing anywhere. */
export function openSession(
  model: Uint8Array | string,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
  return typeof model === 'string'
    ? InferenceSession.create(model, options)
    : InferenceSession.create(model, options);
}
