import { existsSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PACKED_FILE, type CaseFiles } from '../export/case-files.ts';
import { caseNames } from '../export/names.ts';
import { writeCase } from '../export/write-case.ts';
import { deviceTypeInfo } from '../device/vocabulary.ts';
import type { DeviceGraph } from '../device/graph.ts';
import { readFileOf } from '../files/atomic.ts';
import { StudioError } from '../network/errors.ts';
import { elementCount } from '../network/tensor.ts';
import type { JobContext } from './context.ts';
import { makeCase, runProgram, tellingLine } from './program.ts';

/** What the vendor's simulator needs to pack a network. */
export interface VendorPacking {
  /** The SDK folder, as {@link findVendorSdk} gives it. */
  sdk: string;
  /** Name of the case. */
  name: string;
  graph: DeviceGraph;
  /** The unify case, which builds the network. */
  files: CaseFiles;
  /** `VIPNANOQI_PID0X88`; undefined leaves the choice to the SDK. */
  config: string | undefined;
  /** PID the result should have; 0 = any. */
  pid: number;
}

/** A simulation that takes longer hangs. */
const MAX_RUN_MS = 2 * 60 * 60 * 1000;
/** The vendor's files begin with this; the PID follows 8 bytes in. */
const VENDOR_MAGIC = 'VPMN';

/**
 * The folder inside `vivSdk` with the headers and libraries: itself (vcmdtools), or `vsimulator` in it (cmdtools of
 * the vendor's IDE). Undefined when `vivSdk` does not exist.
 * @throws StudioError 'usage' when it exists and is no SDK
 */
export function findVendorSdk(vivSdk: string): string | undefined {
  const folder = resolve(vivSdk);
  if (!existsSync(folder)) return undefined;
  const found = [folder, join(folder, 'vsimulator')].find(
    (place) => existsSync(join(place, 'include')) && existsSync(join(place, 'lib')),
  );
  if (found) return found;
  throw new StudioError(
    'usage',
    '--viv-sdk: the folder is no SDK: it has no "include" and "lib" folder',
    { file: vivSdk },
    'Give the vcmdtools folder of the vendor SDK.',
  );
}

/**
 * Packs a network with the vendor's own simulator, as the toolkit does: compiles the unify case against the SDK and
 * runs it in a temporary folder with the driver's switch to save what it compiled. Runs make, the compiler that
 * make calls, and the program made; no shell of ours.
 * @returns the bytes of network_binary.nb
 * @throws StudioError 'compiler-missing'; 'simulator-failed' when it does not compile, fails or saves nothing
 */
export async function packWithVendorSdk(packing: VendorPacking, context: JobContext): Promise<Uint8Array> {
  const { sdk, graph, name, files } = packing;
  const scratch = await mkdtemp(join(tmpdir(), 'nibble-pack-'));
  const folder = join(scratch, 'case');
  try {
    await writeCase(folder, files, context.signal);
    const inputs = await writeZeros(folder, graph);
    // make expands what it is given, and takes a space for an end: it gets a name without either.
    await symlink(sdk, join(scratch, 'sdk'), 'dir');
    await makeCase(folder, '../sdk', context.signal);
    const { file, data } = caseNames(name);
    const { code, text } = await runProgram(join(folder, file), [data, ...inputs], {
      cwd: folder,
      env: packingEnvironment(packing),
      signal: context.signal,
      timeout: MAX_RUN_MS,
    });
    if (code !== 0) {
      const line = tellingLine(text);
      throw failed(`the packing program of the SDK ended with code ${code}: ${line}`, sdk);
    }
    const packed = await readFileOf(join(folder, PACKED_FILE)).catch(() => undefined);
    if (!packed) throw failed(`the packing program ran but wrote no ${PACKED_FILE}`, sdk);
    checkVendorFile(packed, packing, context);
    return packed;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The driver compiles the same whatever the inputs hold. */
async function writeZeros(folder: string, { inputs, tensors }: DeviceGraph): Promise<string[]> {
  return Promise.all(
    inputs.map(async (id, index) => {
      const { size, type } = tensors[id];
      const name = `zeros_${index}.bin`;
      await writeFile(join(folder, name), new Uint8Array(elementCount(size) * deviceTypeInfo(type).bytes));
      return name;
    }),
  );
}

function packingEnvironment({ sdk, config }: VendorPacking): NodeJS.ProcessEnv {
  const places = ['lib', 'lib/vsim', 'lib/x64_linux', 'lib/x64_linux/vsim', '../common/lib'];
  const libraries = places.map((place) => join(sdk, place)).filter((place) => existsSync(place));
  const known = process.env.LD_LIBRARY_PATH;
  return {
    ...process.env,
    LD_LIBRARY_PATH: [...libraries, ...(known ? [known] : [])].join(':'),
    VIVANTE_SDK_DIR: sdk,
    VIV_VX_ENABLE_SAVE_NETWORK_BINARY: '1',
    VIV_VX_SAVE_NETWORK_BINARY_PATH: PACKED_FILE,
    ...(config === undefined ? {} : { VSIMULATOR_CONFIG: config }),
  };
}

function checkVendorFile(packed: Buffer, { pid, sdk }: VendorPacking, context: JobContext): void {
  if (packed.length < 12 || packed.subarray(0, 4).toString('latin1') !== VENDOR_MAGIC) {
    throw failed(`${PACKED_FILE} of the SDK is no packed network (${packed.length} bytes)`, sdk);
  }
  const found = packed.readUInt32LE(8);
  if (pid === 0 || found === pid) return;
  const hex = (value: number): string => `0x${value.toString(16).toUpperCase()}`;
  context.log('W', `the SDK packed for PID ${hex(found)}, --optimize asks for ${hex(pid)}`);
}

function failed(message: string, sdk: string): StudioError {
  return new StudioError('simulator-failed', message, { file: sdk });
}
