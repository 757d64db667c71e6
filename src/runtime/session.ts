/** Opens sessions of onnxruntime-node, the one place that does. */
import { InferenceSession } from 'onnxruntime-node';

/** A session for a model. onnxruntime's telemetry is switched off: Fathom sends nothing anywhere. */
export function openSession(
  model: Uint8Array,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
  return InferenceSession.create(model, options);
}
