import { counted } from '../../network/counted.ts';
import { StudioError } from '../../network/errors.ts';
import type { Tensor } from '../../network/tensor.ts';
import { nearestNames } from '../../network/nearest.ts';
import type { Cfg, CfgSection } from './cfg.ts';
import { isDead } from './dead-channels.ts';
import { numbersOf } from '../onnx/numeric.ts';
import { unusedKeys } from './keys.ts';
import {
  extentOf,
  listOf,
  type Extent,
  type LayerOutput,
  type NodeStep,
  type SectionContext,
} from './layer.ts';
import { SectionOptions } from './options.ts';
import { readers } from './sections/index.ts';
import type { WeightPart, WeightsSource } from './weights.ts';

/** A node with its name. */
export interface PlannedNode extends NodeStep {
  name: string;
}

/** A network as its two files say it: nodes in order, with sizes, weights and ends. */
export interface Plan {
  input: LayerOutput;
  /** Samples in one run: the steps of time. */
  batch: number;
  nodes: PlannedNode[];
  /** Weights by name, decoded on demand. */
  initializers: Map<string, () => Tensor>;
  /** Tensors that are outputs, in order. */
  outputs: LayerOutput[];
  notes: string[];
}

/** Notes about keys that are worth reading. */
const MAX_NOTES = 20;

/** Goes through the sections as Darknet does: sizes follow from the layer in front, weights from the file in order. */
export class Planner {
  private readonly weights: WeightsSource;
  private readonly layers: LayerOutput[] = [];
  /** Weights of each layer, for those who share them. */
  private readonly parts = new Map<number, { names: string[]; parts: readonly WeightPart[] }>();
  private readonly plan: Plan;
  private unknownKeys = 0;
  private spent = { layers: 0, numbers: 0 };

  private constructor(cfg: Cfg, weights: WeightsSource) {
    this.weights = weights;
    const [first] = cfg.sections;
    if (!first || (first.type !== 'net' && first.type !== 'network'))
      throw new StudioError('file-malformed', 'the first section of a Darknet model is [net]', {
        line: first?.line ?? 1,
      });
    const options = new SectionOptions(first);
    const batch = options.count('time_steps', 1);
    if (batch > MAX_STEPS)
      throw options.invalid(
        `has ${batch} time_steps, more than the ${MAX_STEPS} that are written out`,
        'time_steps',
      );
    const input = { tensor: INPUT, extent: inputExtent(options) };
    this.plan = { input, batch, nodes: [], initializers: new Map(), outputs: [], notes: [...cfg.notes] };
    this.noteUnknown(options);
  }

  /** @throws StudioError with the line of the .cfg file, or with the .weights file */
  static plan(cfg: Cfg, weights: WeightsSource): Plan {
    const planner = new Planner(cfg, weights);
    for (const [index, section] of cfg.sections.slice(1).entries()) planner.add(section, index);
    weights.end();
    return planner.finish();
  }

  private add(section: CfgSection, index: number): void {
    const read = readers.get(section.type);
    if (!read) throw unknownSection(section);
    const options = new SectionOptions(section);
    for (const key of ['dontload', 'dontloadscales', 'numload'])
      if (options.flag(key)) throw options.invalid(`${key} leaves weights as they were before training`, key);
    const name = `${section.type}_${index}`;
    const step = this.atLine(section, () => read(this.context(options, index, name)));
    this.noteUnknown(options);
    if ('same' in step) {
      this.layers.push(step.same);
    } else if ('end' in step) {
      this.plan.outputs.push(step.end);
      this.plan.notes.push(step.note);
      this.layers.push({ ...step.end, unreadable: `the values that [${section.type}] decodes` });
    } else {
      this.plan.nodes.push({ ...step, name });
      this.layers.push({ tensor: name, extent: step.extent });
    }
  }

  private context(options: SectionOptions, index: number, name: string): SectionContext {
    const { layers, weights, plan } = this;
    const numberOf = (at: number, key: string): number => {
      const number = at < 0 ? index + at : at;
      if (number >= 0 && number < index) return number;
      const range =
        index === 0 ? 'there is none in front of it' : `only 0 to ${index - 1} are in front of it`;
      throw options.invalid(`is layer ${index} and reads layer ${number}: ${range}`, key);
    };
    const readable = (layer: LayerOutput, key?: string): LayerOutput => {
      if (layer.unreadable === undefined) return layer;
      throw options.invalid(`reads ${layer.unreadable}, which are no part of the network`, key);
    };
    const take = (parts: readonly WeightPart[]): string[] => this.take(options, index, name, parts);
    return {
      options,
      get previous() {
        return readable(layers[index - 1] ?? plan.input);
      },
      steps: plan.batch,
      transposed: weights.transposed,
      isFork: weights.isFork,
      layerAt: (at, key) => readable(layers[numberOf(at, key)], key),
      weights: take,
      sharedWeights: (at, key, parts) => {
        const other = this.parts.get(numberOf(at, key));
        return other && JSON.stringify(other.parts) === JSON.stringify(parts) ? other.names : undefined;
      },
      note: (text) => void plan.notes.push(text),
      spend: (more, numbers = 0) => {
        this.spent.layers += more;
        this.spent.numbers += numbers;
        if (this.spent.layers > MAX_WRITTEN || this.spent.numbers > MAX_CONSTANTS)
          throw options.invalid('has to be written out as more layers than a model can have');
      },
    };
  }

  private take(
    { section }: SectionOptions,
    index: number,
    name: string,
    parts: readonly WeightPart[],
  ): string[] {
    const { initializers, notes } = this.plan;
    const owner = `layer ${index}, [${section.type}] in line ${section.line},`;
    for (const [part, load] of this.weights.take(owner, parts)) {
      initializers.set(`${name}.${part}`, load);
      const dead = part.endsWith('variance') ? isDead(numbersOf(load())).filter(Boolean).length : 0;
      if (dead > 0)
        notes.push(
          `${owner} has ${counted(dead, 'channel')} that never varied in training: their bias is taken`,
        );
    }
    const names = parts.map((part) => `${name}.${part.name}`);
    this.parts.set(index, { names, parts });
    return names;
  }

  /** Problems of a section that have no line get the section's. */
  private atLine<Result>({ line }: CfgSection, work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      const isCfg = error instanceof StudioError && error.place.file === undefined;
      throw isCfg ? error.at({ line }) : error;
    }
  }

  private noteUnknown(options: SectionOptions): void {
    const { type } = options.section;
    for (const { key, line } of options.unknown(unusedKeys(type))) {
      this.unknownKeys += 1;
      if (this.unknownKeys <= MAX_NOTES)
        this.plan.notes.push(`line ${line}: [${type}] has no key "${key}"; it is ignored`);
    }
  }

  /** The last layer is an output as well, unless the network ended there already. */
  private finish(): Plan {
    const { plan, layers } = this;
    const last = layers.at(-1);
    if (!last) throw new StudioError('network-invalid', 'the model has no layers');
    const isNew = last.unreadable === undefined && plan.outputs.every(({ tensor }) => tensor !== last.tensor);
    if (isNew) plan.outputs.push(last);
    const more = this.unknownKeys - MAX_NOTES;
    if (more > 0) plan.notes.push(`${more} more unknown keys are ignored`);
    return plan;
  }
}

/** Steps of time; each becomes layers of its own. */
const MAX_STEPS = 1024;

/** Layers that sections may be written out as, altogether, and numbers of constants that no file holds. */
const MAX_WRITTEN = 2 ** 15;
const MAX_CONSTANTS = 2 ** 25;

/** Name of the input. */
const INPUT = 'input';

/** Sides of pictures beyond this are mistakes. */
const MAX_SIDE = 2 ** 16;

function inputExtent(options: SectionOptions): Extent {
  const [channels, height, width] = ['channels', 'height', 'width'].map((key) => options.int(key, 0));
  const wrong = [channels, height, width].find((side) => side < 0 || side > MAX_SIDE);
  if (wrong !== undefined) throw options.invalid(`has an input of ${width} x ${height} x ${channels}`);
  if (channels * height * width > 0) return extentOf(options, { channels, height, width });
  if (options.int('inputs', 0) < 1)
    throw options.invalid('says neither width, height and channels nor inputs of the network');
  return listOf(options, options.count('inputs', 0));
}

function unknownSection({ type, line }: CfgSection): StudioError {
  const [near] = nearestNames(type, readers.keys());
  const hint = near === undefined ? undefined : `The nearest known section is [${near}].`;
  return new StudioError('op-unsupported', `the section [${type}] is not known`, { line }, hint);
}
