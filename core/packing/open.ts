import { readFileOf } from '../files/atomic.ts';
import { StudioError } from '../network/errors.ts';
import { Simulator, type SimulatorOptions } from '../simulator/simulator.ts';
import { readPacked } from './read.ts';

/**
 * Loads a packed network to run it: the simulator executes the file itself, as an NBG node does.
 * @throws StudioError 'file-missing', 'file-unreadable', 'file-malformed', or 'simulator-failed' with what the
 *   simulator refuses
 */
export async function openPacked(
  path: string,
  options: Omit<SimulatorOptions, 'packed'> = {},
): Promise<Simulator> {
  const packed = await readFileOf(path);
  try {
    return new Simulator(readPacked(packed).graph, { ...options, packed });
  } catch (error) {
    throw error instanceof StudioError ? error.at({ file: path }) : error;
  }
}
