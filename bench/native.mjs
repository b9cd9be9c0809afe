// Times each class of kernels and two small networks in float32, uint8 and int16: node bench/native.mjs [threads] [all]
// A layer's speed is also told as a share of what the same number of threads can do at most, which bench/peak.cpp
// measures right before. The networks have the shapes of ResNet-20 (CIFAR-10) and a MobileNetV2 for 28x28 pictures;
// weights are random. `all` repeats everything for every instruction set, `nodes` adds the times of the networks' nodes.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const sim = createRequire(import.meta.url)(
  fileURLToPath(new URL('../out/native/nibble-sim.node', import.meta.url)),
);
const OP = { ADD: 0, CONV2D: 2, FCL: 5, POOL: 8, RELU: 22, RELU6: 35 };

/** Builds a chain of layers; every method returns the index of its output tensor. */
class Net {
  tensors = [];
  nodes = [];

  constructor(type, size) {
    this.type = type;
    this.input = this.tensor(size, false);
  }

  tensor(size, virtual = true) {
    const types = {
      f32: { vxType: 10, qntType: 0 },
      u8: { vxType: 3, qntType: 2, scale: 0.05, zeroPoint: 128 },
      i16: { vxType: 4, qntType: 1, fl: 12 },
    };
    this.tensors.push({ ...types[this.type], size, virtual });
    return this.tensors.length - 1;
  }

  constant(size, bias = false) {
    const n = size.reduce((a, b) => a * b, 1);
    const t = { size, virtual: false };
    if (this.type === 'f32') {
      const data = Float32Array.from({ length: n }, () => (Math.random() - 0.5) / 4);
      this.tensors.push({ ...t, vxType: 10, qntType: 0, data: new Uint8Array(data.buffer) });
    } else if (this.type === 'i16') {
      const data = bias
        ? BigInt64Array.from({ length: n }, () => BigInt(Math.floor((Math.random() - 0.5) * 2 ** 25)))
        : Int16Array.from({ length: n }, () => (Math.random() - 0.5) * 65536);
      const fl = bias ? 28 : 16;
      this.tensors.push({ ...t, vxType: bias ? 8 : 4, qntType: 1, fl, data: new Uint8Array(data.buffer) });
    } else if (bias) {
      const data = Int32Array.from({ length: n }, () => Math.random() * 2000 - 1000);
      this.tensors.push({
        ...t,
        vxType: 6,
        qntType: 2,
        scale: 0.05 * 0.01,
        zeroPoint: 0,
        data: new Uint8Array(data.buffer),
      });
    } else {
      const data = Uint8Array.from({ length: n }, () => Math.random() * 256);
      this.tensors.push({ ...t, vxType: 3, qntType: 2, scale: 0.01, zeroPoint: 117, data });
    }
    return this.tensors.length - 1;
  }

  node(op, inputs, size, params = {}) {
    const out = this.tensor(size);
    this.nodes.push({ op, uid: this.nodes.length, inputs, outputs: [out], params });
    return out;
  }

  size(t) {
    return this.tensors[t].size;
  }

  conv(x, oc, k, s = 1, depthwise = false) {
    const [w, h, c] = this.size(x);
    const p = (k - 1) / 2;
    const out = (n) => Math.floor((n + 2 * p - k) / s) + 1;
    const weight = this.constant(depthwise ? [k, k, c, 1] : [k, k, c, oc]);
    const params = {
      ksize: [k, k],
      stride: [s, s],
      pad: [p, p, p, p],
      dilation: [1, 1],
      multiplier: depthwise ? 1 : 0,
    };
    return this.node(OP.CONV2D, [x, weight, this.constant([oc], true)], [out(w), out(h), oc, 1], params);
  }

  relu(x, op = OP.RELU) {
    return this.node(op, [x], this.size(x));
  }

  add(a, b) {
    return this.node(OP.ADD, [a, b], this.size(a));
  }

  head(x, classes) {
    const [w, h, c] = this.size(x);
    const pooled = this.node(OP.POOL, [x], [1, 1, c, 1], {
      type: 110593,
      round_type: 1,
      ksize: [w, h],
      stride: [1, 1],
    });
    return this.node(
      OP.FCL,
      [pooled, this.constant([c, classes]), this.constant([classes], true)],
      [classes, 1],
    );
  }

  graph(output, threads) {
    this.tensors[output].virtual = false;
    return sim.createGraph({
      tensors: this.tensors,
      nodes: this.nodes,
      inputs: [this.input],
      outputs: [output],
      threads,
    });
  }
}

function resnet20(type, threads) {
  const net = new Net(type, [32, 32, 3, 1]);
  let x = net.relu(net.conv(net.input, 16, 3));
  for (const [c, first] of [
    [16, 1],
    [32, 2],
    [64, 2],
  ])
    for (let i = 0; i < 3; i++) {
      const s = i === 0 ? first : 1;
      const y = net.conv(net.relu(net.conv(x, c, 3, s)), c, 3);
      x = net.relu(net.add(y, s === 1 ? x : net.conv(x, c, 1, s)));
    }
  return net.graph(net.head(x, 10), threads);
}

function mobilenet(type, threads) {
  const net = new Net(type, [28, 28, 1, 1]);
  const relu6 = (x) => net.relu(x, OP.RELU6);
  let x = relu6(net.conv(net.input, 16, 3));
  for (const [expand, c, s] of [
    [32, 16, 1],
    [64, 24, 2],
    [96, 24, 1],
    [96, 40, 2],
    [160, 40, 1],
  ]) {
    let y = relu6(net.conv(x, expand, 1));
    y = net.conv(relu6(net.conv(y, expand, 3, s, true)), c, 1);
    x = s === 1 && c === net.size(x)[2] ? net.add(x, y) : y;
  }
  return net.graph(net.head(relu6(net.conv(x, 96, 1)), 10), threads);
}

function layer(type, threads, w, c, oc, k, stride = 1, depthwise = false) {
  const net = new Net(type, [w, w, c, 1]);
  return net.graph(net.conv(net.input, oc, k, stride, depthwise), threads);
}

function fullyConnected(type, threads, from, to) {
  const net = new Net(type, [1, 1, from, 1]);
  return net.graph(net.head(net.input, to), threads);
}

/** Best and median milliseconds of a run. */
function time(graph, ms = 700) {
  const all = [];
  for (const end = performance.now() + ms; performance.now() < end;) {
    const t = performance.now();
    graph.run();
    all.push(performance.now() - t);
  }
  all.sort((a, b) => a - b);
  return { best: all[0], median: all[all.length >> 1] };
}

const folder = fileURLToPath(new URL('../out/native/', import.meta.url));

/** Compiles bench/peak.cpp; undefined without a compiler. */
function peakProgram() {
  const source = fileURLToPath(new URL('peak.cpp', import.meta.url));
  const flags = ['-O3', '-o', `${folder}peak`, source];
  const made = spawnSync(process.env.CXX ?? 'g++', flags, { stdio: 'inherit' }).status === 0;
  return made && existsSync(`${folder}peak`) ? `${folder}peak` : undefined;
}

/** G/s of one thread by number format, measured now. */
function peaks(program) {
  const lines = program ? execFileSync(program, { encoding: 'utf8' }).trim().split('\n') : [];
  return new Map(lines.map((line) => line.split(' ')).map(([name, rate]) => [name, Number(rate)]));
}

const threads = Number(process.argv[2] ?? 2);
const conv = (w, c, oc, k, stride = 1) => ({
  name: `conv ${k}x${k}${stride > 1 ? ` stride ${stride}` : ''} ${w}x${w}x${c} -> ${oc}`,
  make: (t, n) => layer(t, n, w, c, oc, k, stride),
  operations: (2 * w * w * c * oc * k * k) / stride ** 2,
});
const depthwise = (w, c, k, stride) => ({
  name: `depthwise ${k}x${k} stride ${stride} ${w}x${w}x${c}`,
  make: (t, n) => layer(t, n, w, c, c, k, stride, true),
  operations: (2 * w * w * c * k * k) / stride ** 2,
});
const cases = [
  { name: 'ResNet-20', make: resnet20 },
  { name: 'MobileNetV2-tiny', make: mobilenet },
  conv(56, 64, 64, 3),
  conv(56, 64, 64, 3, 2),
  conv(224, 3, 32, 3, 2),
  conv(28, 256, 256, 1),
  conv(112, 16, 96, 1),
  conv(7, 512, 512, 1),
  depthwise(56, 64, 3, 1),
  depthwise(56, 64, 3, 2),
  depthwise(56, 64, 5, 1),
  {
    name: 'fully connected 1024 -> 1000',
    make: (t, n) => fullyConnected(t, n, 1024, 1000),
    operations: 2 * 1024 * 1000,
  },
];
const program = peakProgram();
const features = process.argv[3] === 'all' ? sim.features() : [sim.features().at(-1)];
for (const feature of features) {
  sim.useFeature(feature);
  for (const { name, make, operations } of cases)
    for (const type of ['f32', 'u8', 'i16']) {
      const graph = make(type, threads);
      const peak = peaks(program).get(type);
      const { best, median } = time(graph);
      const rate = operations / best / 1e6;
      const share =
        operations && peak ? `, ${Math.round((rate / (peak * threads)) * 100)} % of the peak` : '';
      console.log(
        `${feature} ${threads} threads  ${name.padEnd(34)} ${type.padEnd(3)}: best ${best.toFixed(3)} ms, ` +
          `median ${median.toFixed(3)} ms${operations ? `, ${rate.toFixed(0)} G/s` : ''}${share}`,
      );
      if (process.argv[3] === 'nodes' && !operations)
        console.log(Array.from(graph.times(), (t) => t.toFixed(3)).join(' '));
      graph.dispose();
    }
}
