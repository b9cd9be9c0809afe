import { StudioError } from '../network/errors.ts';

/** How long a board took for one node of the network; docs/formats/layer-dump.md. */
export interface PerfLayer {
  /** Number of the layer, as in case code. */
  uid: number;
  /** What the program calls it. */
  name: string;
  /** Mean of the runs in the log. */
  microseconds: number;
}

/** Larger logs are refused. */
export const MAX_PERF_LOG = 64 * 2 ** 20;
/** Layers of the longest networks have some thousand operations. */
const MAX_LAYERS = 100_000;

const HEAD = /\blayer_id:\s*(\d{1,9})\s+layer name:\s*(\S{1,200})/;
const OPERATION = /\boperation\[(\d{1,9})\]/;
const UID = /\buid:\s*(\d{1,10})\b/;
const ABSOLUTE = /\babs_op_id:\s*(\d{1,9})\b/;
const TIME = /\bexecution time:\s*(\d{1,12}(?:\.\d{1,9})?)\s*us\b/;
/** A packed network is one layer around all others. */
const WHOLE = /^(?:NBG$|network_binary)/;

/** Whether a text has times of layers in it. */
export const isPerfLog = (text: string): boolean => HEAD.test(text);

/** What has been read of a layer until its time comes. */
interface Head {
  id: string;
  name: string;
  uid: number | undefined;
  operation: string;
  absolute: string;
}

/**
 * The times that a program prints with CNN_PERF=1: our SDK in one line per layer, the vendor's driver in several, among
 * much else. Operations of one layer are added, several runs averaged.
 * @throws StudioError 'file-unreadable' when there are none, or only that of a packed network as a whole
 */
export function parsePerfLog(text: string, file: string): PerfLayer[] {
  const found = new Map<string, { uid: number; name: string; sum: number; runs: number }>();
  let head: Head | undefined;
  let whole = false;
  for (const line of text.split('\n')) {
    const start = HEAD.exec(line);
    if (start) head = { id: start[1], name: start[2], uid: undefined, operation: '', absolute: '' };
    if (!head) continue;
    head.operation = OPERATION.exec(line)?.[1] ?? head.operation;
    head.absolute = ABSOLUTE.exec(line)?.[1] ?? head.absolute;
    const uid = UID.exec(line)?.[1];
    if (uid !== undefined) head.uid = Number(uid);
    const time = TIME.exec(line)?.[1];
    if (time === undefined) continue;
    if (WHOLE.test(head.name)) whole = true;
    else if (head.uid !== undefined) {
      const key = [head.id, head.name, head.uid, head.operation, head.absolute].join(' ');
      const layer = found.get(key) ?? { uid: head.uid, name: head.name, sum: 0, runs: 0 };
      layer.sum += Number(time);
      layer.runs++;
      found.set(key, layer);
    }
    head = undefined;
    if (found.size > MAX_LAYERS)
      throw refused(file, 'it has times of too many layers', 'Give the log of one program.');
  }
  if (found.size === 0) {
    throw whole
      ? refused(
          file,
          'it only has the time of the packed network as a whole',
          'Run the case that is not packed to see the times of its layers.',
        )
      : refused(
          file,
          'it holds no times of layers',
          'Run the program with CNN_PERF=1 and keep what it prints.',
        );
  }
  return [...added([...found.values()]).values()];
}

/** Operations of one layer make one time. */
function added(
  parts: readonly { uid: number; name: string; sum: number; runs: number }[],
): Map<number, PerfLayer> {
  const layers = new Map<number, PerfLayer>();
  for (const { uid, name, sum, runs } of parts) {
    const layer = layers.get(uid) ?? { uid, name, microseconds: 0 };
    layers.set(uid, { ...layer, microseconds: layer.microseconds + sum / runs });
  }
  return layers;
}

function refused(file: string, reason: string, hint: string): StudioError {
  return new StudioError('file-unreadable', `this log cannot be read: ${reason}`, { file }, hint);
}
