import { Unsupported } from '../../onnx/builder.ts';
import type { Composer } from '../../onnx/compose.ts';
import type { Config } from '../config.ts';
import type { LayerContext } from '../context.ts';
import type { LayerFamily, LayerKind } from '../kind.ts';
import type { KerasLayer } from '../model.ts';
import { cellLayers, cellWeights, makeCells, type Cell, type CellSource } from './recurrent-cells.ts';

/** Every step becomes layers of its own; longer sequences would make graphs nobody can compile. */
const MAX_STEPS = 1024;

/** One direction of a recurrent layer. */
interface Direction {
  c: Composer;
  cells: readonly Cell[];
  config: Config;
  /** Steps are read from the last to the first. */
  backwards: boolean;
  /** Which steps count, [N, T]; '' = all. */
  mask: string;
}

/** What a recurrent layer gives. */
interface Sequence {
  /** [N, T, ...], or [N, ...] when only the last step counts. */
  output: string;
  /** Of the last step, cell by cell. */
  states: string[];
}

/** Zeros for all states, [N, ...] each. */
function zeros({ c, cells }: Direction, x: string): string[][] {
  const [batch, , ...rest] = c.shape(x);
  let input: readonly number[] = rest;
  return cells.map((cell) => {
    const shapes = cell.states(input);
    input = shapes[0];
    return shapes.map((shape) => c.filled(0, [batch, ...shape], 'float32'));
  });
}

/** Given initial states, cell by cell. */
function given(direction: Direction, x: string, states: readonly string[]): string[][] {
  const empty = zeros(direction, x);
  if (states.length === 0) return empty;
  const count = empty.flat().length;
  if (states.length !== count) throw new Unsupported(`${states.length} initial states for ${count}`);
  const left = [...states];
  return empty.map((list) => left.splice(0, list.length));
}

/** Chooses the new tensor where step `at` counts, else the old one. */
function keeper({ c, mask }: Direction, at: number): (fresh: string, old: string) => string {
  const step = c.slice(mask, 1, at, 1);
  return (fresh, old) => {
    const [batch, ...rest] = c.shape(fresh);
    return c.op('Where', [c.reshape(step, [batch, ...rest.map(() => 1)]), fresh, old]);
  };
}

/** Applies the cells step by step. */
function unroll(direction: Direction, x: string, initial: readonly string[]): Sequence {
  const { c, cells, config, backwards } = direction;
  const [batch, steps, ...rest] = c.shape(x);
  if (rest.length === 0) throw new Unsupported(`a sequence of rank ${c.shape(x).length}`);
  if (steps > MAX_STEPS) throw new Unsupported(`a sequence of ${steps} steps; the most is ${MAX_STEPS}`);
  if (config.flag('time_major', false)) throw new Unsupported('sequences with the time in front');
  const rows = cells[0].prepare(c.reshape(x, [batch * steps, ...rest]));
  const width = c.shape(rows).slice(1);
  const prepared = c.reshape(rows, [batch, steps, ...width]);
  let states = given(direction, x, initial);
  const outputs: string[] = [];
  for (let i = 0; i < steps; i++) {
    const at = backwards ? steps - 1 - i : i;
    let value = c.reshape(c.slice(prepared, 1, at, 1), [batch, ...width]);
    const before = states;
    states = cells.map((cell, index) => {
      const next = cell.step(index === 0 ? value : cell.prepare(value), before[index]);
      value = next.output;
      return next.states;
    });
    if (direction.mask !== '') {
      const kept = keeper(direction, at);
      states = states.map((list, cell) => list.map((state, i) => kept(state, before[cell][i])));
      value = kept(value, outputs.at(-1) ?? c.filled(0, c.shape(value), 'float32'));
    }
    outputs.push(value);
  }
  if (direction.mask !== '' && config.flag('zero_output_for_mask', false))
    outputs.forEach((output, i) => {
      const at = backwards ? steps - 1 - i : i;
      outputs[i] = keeper(direction, at)(output, c.filled(0, c.shape(output), 'float32'));
    });
  const last = outputs[outputs.length - 1];
  if (!config.flag('return_sequences', false)) return { output: last, states: states.flat() };
  const shape = c.shape(last);
  const all = outputs.map((one) => c.reshape(one, [batch, 1, ...shape.slice(1)]));
  return { output: c.concat(all, 1), states: states.flat() };
}

/** The input sequence and the initial states of a layer, however they are given. */
function sequenceOf(layer: LayerContext): { x: string; initial: string[]; mask: string } {
  const [x, ...more] = layer.inputs;
  if (x === undefined) throw layer.node.invalid('it reads nothing');
  if (layer.config.flag('stateful', false)) layer.refuse('states that live on between runs (stateful)');
  const named = layer.tensorsOf(layer.argument(1, 'initial_state'));
  const mask = layer.tensorsOf(layer.argument(-1, 'mask')).at(0) ?? layer.maskOf(0);
  return { x: layer.c.float(x), initial: [...more, ...named], mask };
}

function emitSequence(layer: LayerContext, { output, states }: Sequence, config: Config): void {
  layer.emit(output, ...(config.flag('return_state', false) ? states : []));
  if (config.flag('return_sequences', false)) layer.setMask(layer.maskOf(0));
}

const recurrent: LayerKind = {
  weights: (layer) => ({ trained: cellWeights(layer) }),
  write: (layer) => {
    const { c, config } = layer;
    const { x, initial, mask } = sequenceOf(layer);
    const source: CellSource = layer.use.layer;
    const cells = makeCells(c, source, (name) => layer.weight(name), layer.major);
    const backwards = config.flag('go_backwards', false);
    emitSequence(layer, unroll({ c, cells, config, backwards, mask }, x, initial), config);
  },
};

/** The layers of the two directions; old files have only the first. */
function directionsOf(layer: KerasLayer): [KerasLayer, KerasLayer] {
  if (!layer.inner) throw new Unsupported('a wrapper around nothing');
  return [layer.inner, layer.backward ?? layer.inner];
}

const MERGES: Readonly<Record<string, string>> = { sum: 'Add', mul: 'Mul', ave: 'Add' };

/** Joins what the directions give. */
function merged(layer: LayerContext, forward: string, backward: string, mode: string): string {
  const { c } = layer;
  if (mode === 'concat') return layer.main('Concat', [forward, backward], { axis: -1 });
  const op = Object.hasOwn(MERGES, mode) ? MERGES[mode] : layer.refuse(`merge_mode "${mode}"`);
  const result = mode === 'ave' ? c.op(op, [forward, backward]) : layer.main(op, [forward, backward]);
  return mode === 'ave' ? layer.main('Mul', [result, c.scalar(0.5)]) : result;
}

const bidirectional: LayerKind = {
  weights: (layer) => {
    const [forward, backward] = directionsOf(layer).map(cellWeights);
    return {
      trained: [...forward.map((name) => `forward.${name}`), ...backward.map((name) => `backward.${name}`)],
    };
  },
  write: (layer) => {
    const { c } = layer;
    const { x, initial, mask } = sequenceOf(layer);
    const half = initial.length / 2;
    const layers = directionsOf(layer.use.layer);
    const [forward, backward] = layers.map(({ type, config }, at) => {
      const weight = (name: string): string => layer.weight(`${at === 0 ? 'forward' : 'backward'}.${name}`);
      const cells = makeCells(c, { type, config }, weight, layer.major);
      const own = config.flag('go_backwards', false);
      // Old files have one layer for both directions.
      const backwards = at === 1 && !layer.use.layer.backward ? !own : own;
      const states = initial.slice(at * half, (at + 1) * half);
      return unroll({ c, cells, config, backwards, mask }, x, states);
    });
    const { config } = layers[0];
    const sequences = config.flag('return_sequences', false);
    if (sequences) layer.setMask(mask);
    const turned = sequences ? reversed(layer, backward.output) : backward.output;
    const states = config.flag('return_state', false) ? [...forward.states, ...backward.states] : [];
    if (layer.config.value('merge_mode') === undefined && layer.config.names('merge_mode'))
      return layer.emit(forward.output, turned, ...states);
    const mode = layer.config.text('merge_mode', 'concat');
    layer.emit(merged(layer, forward.output, turned, mode), ...states);
  },
};

/** Steps in the opposite order: [N, T, ...]. */
function reversed({ c }: LayerContext, name: string): string {
  const steps = c.shape(name)[1];
  return c.slice(name, 1, steps - 1, steps, -1);
}

/** Recurrent layers, step by step as matrix products and activations. */
export const recurrents: LayerFamily = {
  ...Object.fromEntries(['RNN', ...cellLayers].map((type) => [type, recurrent])),
  Bidirectional: bidirectional,
};
