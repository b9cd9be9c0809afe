import { Unsupported, type Builder } from '../onnx/builder.ts';
import { Composer } from '../onnx/compose.ts';
import type { OnnxNode } from '../onnx/node.ts';
import { scalarOf } from '../onnx/numeric.ts';
import type { OperatorFamily } from '../onnx/operator.ts';
import { MAX_ITERATIONS } from '../onnx/subgraph.ts';
import { inlineCalls } from './inline.ts';
import { makePart, PartRunner, type Part } from './part.ts';
import type { LoopPlan } from './frames.ts';
import type { Library } from './source.ts';

/** From this step on, weights are one shared constant instead of a copy in every step. */
const SHARED_STEPS = 4;
/** Smaller constants are not worth a layer of their own. */
const SHARED_ELEMENTS = 1024;

/** Parts of the model's functions, made when they are first asked for, and what runs them. */
class Functions {
  readonly runner = new PartRunner();
  private readonly library: Library;
  private readonly parts = new Map<string, Part>();

  constructor(library: Library) {
    this.library = library;
  }

  part(node: OnnxNode, attribute: string): Part {
    const name = node.text(attribute, '');
    const known = this.parts.get(name);
    if (known) return known;
    const fn = this.library.get(name);
    if (!fn) throw node.invalid(`there is no function "${name}"`);
    const part = makePart(inlineCalls(fn.nodes, this.library), fn.inputs, fn.outputs, new Map());
    this.parts.set(name, part);
    return part;
  }
}

/** Large constants as one layer that all later steps read. */
function shared(c: Composer, names: readonly string[]): string[] {
  return names.map((name) => {
    const known = c.known(name);
    const large =
      known && known.shape.length === 2 && known.type === 'float32' && known.data.length >= SHARED_ELEMENTS;
    return large ? c.shared(name) : name;
  });
}

/**
 * A loop written out: its condition has to be known in every step.
 * @param captured what every step reads besides the variables
 */
function unroll(
  runner: PartRunner,
  c: Composer,
  builder: Builder,
  condition: Part,
  body: Part,
  start: readonly string[],
  captured: readonly string[],
  scope: string,
): string[] {
  let variables = [...start];
  let constants = captured;
  for (let step = 0; ; step++) {
    const place = `/${scope}/step${step}`;
    const [again] = runner.run(builder, condition, `${place}/test`, [...variables, ...constants]);
    const value = scalarOf(c.known(again));
    if (value === undefined) throw new Unsupported('a loop whose number of steps depends on the data');
    if (value === 0) return variables;
    if (step >= MAX_ITERATIONS) throw new Unsupported(`a loop of more than ${MAX_ITERATIONS} steps`);
    if (step === SHARED_STEPS) constants = shared(c, constants);
    variables = runner.run(builder, body, place, [...variables, ...constants]);
  }
}

const inputsOf = (c: Composer, node: OnnxNode): string[] => node.inputs.map((_, index) => c.input(index));

/** Variables that the body hands on as they are can be read by all steps alike. */
function splitVariables(body: Part): { changing: number[]; still: number[] } {
  const places = body.inputs.map((_, i) => i);
  const stays = (i: number): boolean => body.outputs[i] === body.inputs[i];
  return { changing: places.filter((i) => !stays(i)), still: places.filter(stays) };
}

function convertWhile(functions: Functions) {
  return (node: OnnxNode, builder: Builder): void => {
    const c = new Composer(node, builder);
    const [condition, body] = [functions.part(node, 'cond'), functions.part(node, 'body')];
    const inputs = inputsOf(c, node);
    const { changing, still } = splitVariables(body);
    const order = [...changing, ...still];
    const arranged = (part: Part, outputs: readonly string[]): Part => ({
      ...part,
      inputs: order.map((i) => part.inputs[i]),
      outputs,
    });
    const results = unroll(
      functions.runner,
      c,
      builder,
      arranged(condition, condition.outputs),
      arranged(body, changing.map((i) => body.outputs[i])),
      changing.map((i) => inputs[i]),
      still.map((i) => inputs[i]),
      node.name,
    ); // prettier-ignore
    changing.forEach((i, at) => c.output(i, results[at]));
    still.forEach((i) => c.output(i, inputs[i]));
  };
}

/** A loop of TensorFlow 1, whose frame was found in the graph. */
function convertFrame(runner: PartRunner, loops: ReadonlyMap<string, LoopPlan>) {
  return (node: OnnxNode, builder: Builder): void => {
    const plan = loops.get(node.text('plan', ''));
    if (!plan) throw node.invalid('its loop was not found');
    const c = new Composer(node, builder);
    const inputs = inputsOf(c, node);
    const [start, captured] = [inputs.slice(0, plan.variables), inputs.slice(plan.variables)];
    const results = unroll(runner, c, builder, plan.condition, plan.body, start, captured, node.name);
    results.forEach((name, i) => c.output(i, name));
  };
}

/** The value of one of two branches, both of which were computed. */
function choose(c: Composer, condition: string, yes: string, no: string): string {
  if (c.shape(yes).join() !== c.shape(no).join())
    throw new Unsupported('branches of different shapes behind a condition that is only known at run time');
  return c.op('Where', [condition, yes, no]);
}

/** With a known condition only that branch is imported; otherwise both are computed. */
function convertIf(functions: Functions) {
  return (node: OnnxNode, builder: Builder): void => {
    const c = new Composer(node, builder);
    const [condition, ...feeds] = inputsOf(c, node);
    const run = (branch: string): string[] =>
      functions.runner.run(builder, functions.part(node, branch), `/${node.name}/${branch}`, feeds);
    const known = scalarOf(c.known(condition));
    if (known !== undefined)
      return run(known !== 0 ? 'then_branch' : 'else_branch').forEach((name, i) => c.output(i, name));
    const [yes, no] = [run('then_branch'), run('else_branch')];
    yes.forEach((name, i) => c.output(i, choose(c, condition, name, no[i])));
  };
}

/** Inputs: condition, value if it is false, value if it is true. */
function convertMerge(node: OnnxNode, builder: Builder): void {
  const c = new Composer(node, builder);
  const [condition, no, yes] = inputsOf(c, node);
  const known = scalarOf(c.known(condition));
  c.output(0, known === undefined ? choose(c, condition, yes, no) : known === 0 ? no : yes);
}

/** Control flow of both generations, as far as its course is known at import. */
export function controlOperators(library: Library, loops: ReadonlyMap<string, LoopPlan>): OperatorFamily {
  const functions = new Functions(library);
  return {
    'tf:BranchMerge': { convert: convertMerge },
    'tf:If': { convert: convertIf(functions) },
    'tf:LoopFrame': { convert: convertFrame(functions.runner, loops) },
    'tf:StatelessIf': { convert: convertIf(functions) },
    'tf:StatelessWhile': { convert: convertWhile(functions) },
    'tf:While': { convert: convertWhile(functions) },
  };
}
