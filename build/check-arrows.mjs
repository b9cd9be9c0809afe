// Keeps the house rules of ARCHITECTURE.md: imports run downward only, and never in a circle.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { root } from './install.mjs';

const FACES = ['cli', 'electron', 'server', 'renderer'];
const NODE_ONLY = /^(node:|electron$|sharp$|ws$)/;
const WINDOW_ONLY = /^(react|react-dom|zustand|@xyflow\/react|electron)(\/|$)/;

/** Every rule: which files it is about, which targets it forbids, and why. */
const rules = [
  {
    name: 'core/network imports nothing of ours but itself',
    from: /^core\/network\//,
    forbids: (target) => isOurs(target) && !target.startsWith('core/network/'),
  },
  {
    name: 'core never imports a face',
    from: /^core\//,
    forbids: (target) => FACES.some((face) => target.startsWith(`${face}/`)),
  },
  { name: 'core knows no window', from: /^core\//, forbids: (target) => WINDOW_ONLY.test(target) },
  {
    name: 'only faces, core/worker and core/accuracy start jobs',
    from: /^core\/(?!jobs\/|worker\/|accuracy\/|testing\/|index\.ts$)/,
    forbids: (target) => /^core\/(jobs|worker)\//.test(target),
  },
  {
    name: 'jobs do not know the worker',
    from: /^core\/jobs\//,
    forbids: (target) => target.startsWith('core/worker/'),
  },
  {
    name: 'faces do not import each other',
    from: new RegExp(`^(${FACES.join('|')})/`),
    forbids: (target, from) =>
      FACES.some((face) => target.startsWith(`${face}/`) && !from.startsWith(`${face}/`)),
  },
  {
    name: 'the renderer takes only types from the rest of the house',
    from: /^renderer\//,
    typesAllowed: true,
    forbids: (target) => (isOurs(target) && !target.startsWith('renderer/')) || NODE_ONLY.test(target),
  },
];

function isOurs(target) {
  return /^(core|cli|electron|server|renderer|native-sim|bench|e2e|build)\//.test(target);
}

function sources(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(ts|tsx)$/.test(entry.name))
    .map((entry) =>
      relative(root, join(entry.parentPath ?? entry.path, entry.name))
        .split(sep)
        .join('/'),
    );
}

const IMPORT = /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]/g;

/** Imports of a file: what it names, resolved, and whether only types cross. */
function importsOf(file) {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(IMPORT)].map(([, type, target]) => ({
    typeOnly: type !== undefined,
    target: target.startsWith('.')
      ? posix.normalize(posix.join(dirname(file), target.split('?')[0]))
      : target,
  }));
}

function findCycle(graph) {
  const state = new Map();
  for (const start of graph.keys()) {
    const stack = [[start, 0]];
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      const [file, next] = top;
      if (next === 0) state.set(file, 'open');
      const target = (graph.get(file) ?? [])[next];
      if (target === undefined) {
        state.set(file, 'done');
        stack.pop();
      } else {
        top[1]++;
        if (state.get(target) === 'open') return [...stack.map(([name]) => name), target];
        if (!state.has(target) && graph.has(target)) stack.push([target, 0]);
      }
    }
  }
  return undefined;
}

const problems = [];
const graph = new Map();
for (const file of ['core', ...FACES].flatMap(sources)) {
  const imports = importsOf(file);
  graph.set(
    file,
    imports.filter((item) => !item.typeOnly && isOurs(item.target)).map((item) => item.target),
  );
  if (/\.test\.tsx?$/.test(file)) continue;
  for (const rule of rules.filter((candidate) => candidate.from.test(file))) {
    for (const item of imports) {
      if (rule.typesAllowed && item.typeOnly) continue;
      if (rule.forbids(item.target, file)) problems.push(`${file} imports ${item.target}: ${rule.name}`);
    }
  }
}
const cycle = findCycle(graph);
if (cycle) problems.push(`import cycle: ${cycle.slice(cycle.indexOf(cycle.at(-1))).join(' -> ')}`);

for (const problem of problems) console.error(problem);
console.log(`arrows: ${graph.size} files, ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
