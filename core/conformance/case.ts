import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  decodeModel,
  decodeProtoTensor,
  type ProtoModel,
  type ProtoTensor,
} from '../importers/onnx/schema.ts';
import { StudioError } from '../network/errors.ts';

/** Name of the file that makes a folder a case. */
const MODEL = 'model.onnx';

/** One run of a case: what goes in and what must come out, as stored. */
export interface DataSet {
  inputs: (ProtoTensor | undefined)[];
  outputs: (ProtoTensor | undefined)[];
}

/** A case as its files have it. */
export interface ConformanceCase {
  name: string;
  folder: string;
  model: ProtoModel;
  sets: DataSet[];
}

/** Folders below (or at) `root` that hold a model, sorted by name. @throws StudioError file-missing */
export function findCases(root: string, pattern = ''): string[] {
  if (!existsSync(root) || !statSync(root).isDirectory()) {
    throw new StudioError('file-missing', 'there is no such folder', { file: root });
  }
  const wanted = new RegExp(pattern);
  const folders = existsSync(join(root, MODEL))
    ? [root]
    : readdirSync(root)
        .sort((a, b) => (a < b ? -1 : 1))
        .map((name) => join(root, name))
        .filter((folder) => existsSync(join(folder, MODEL)));
  return folders.filter((folder) => wanted.test(basename(folder)));
}

/** Reads a case. Inputs and outputs that are not tensors (sequences, maps) are undefined. */
export function readCase(folder: string): ConformanceCase {
  const model = decodeModel(readFileSync(join(folder, MODEL)));
  const sets = readdirSync(folder)
    .filter((name) => /^test_data_set_\d+$/.test(name))
    .sort(byNumber)
    .map((name) => readSet(join(folder, name)));
  return { name: basename(folder), folder, model, sets };
}

function readSet(folder: string): DataSet {
  return { inputs: readTensors(folder, 'input_'), outputs: readTensors(folder, 'output_') };
}

function readTensors(folder: string, prefix: string): (ProtoTensor | undefined)[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith(prefix) && name.endsWith('.pb'))
    .sort(byNumber)
    .map((name) => {
      try {
        return decodeProtoTensor(readFileSync(join(folder, name)));
      } catch {
        return undefined;
      }
    });
}

const byNumber = (a: string, b: string): number => numberIn(a) - numberIn(b);

const numberIn = (name: string): number => Number(/(\d+)(?:\.pb)?$/.exec(name)?.[1] ?? 0);
