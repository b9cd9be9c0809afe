/** Runs a model's first input through onnxruntime-node and drops the results. */
export type PeerRun = (input: Float32Array, shape: readonly number[]) => Promise<void>;

/** The model in onnxruntime-node, in float32; undefined where that package is not installed or does not load. */
export async function openPeer(bytes: Uint8Array, threads: number): Promise<PeerRun | undefined> {
  try {
    const ort = await import('onnxruntime-node');
    const session = await ort.InferenceSession.create(bytes, {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
    });
    return async (input, shape) => {
      await session.run({ [session.inputNames[0]]: new ort.Tensor('float32', input, shape) });
    };
  } catch (error) {
    console.log(`onnxruntime-node is not usable here: ${String(error)}`);
    return undefined;
  }
}
