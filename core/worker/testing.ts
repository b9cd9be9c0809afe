import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { UiLogLevel } from './contract.ts';
import { StudioCore, type StudioCoreOptions } from './studio-core.ts';

/** A core with what it told the page and a projects folder of its own; for tests. */
export function testCore(options: Partial<StudioCoreOptions> = {}) {
  const progress: number[] = [];
  const logs: [UiLogLevel, string][] = [];
  const folder = mkdtempSync(join(tmpdir(), 'nibble-core-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const places = { projects: join(folder, 'projects'), data: join(folder, 'data') };
  const core = new StudioCore({ version: '0.0.0', paths: false, ...places, ...options }, () => ({
    progress: (_job, fraction) => void progress.push(fraction),
    log: (_job, level, text) => void logs.push([level, text]),
  }));
  return { core, progress, logs, ...places };
}

/** A file as the page sends it. */
export function textFile(name: string, text: string): { name: string; bytes: Uint8Array } {
  return { name, bytes: new TextEncoder().encode(text) };
}

/** A network file with a chain of this many layers between its input and its output. */
export function chainNetwork(length: number): string {
  const layers: Record<string, unknown> = {
    input_0: {
      name: 'input',
      op: 'input',
      parameters: { shape: [1, 8, 8, 3] },
      inputs: [],
      outputs: ['out0'],
    },
  };
  let last = 'input_0';
  for (let i = 1; i <= length; i++) {
    const key = `relu_${i}`;
    layers[key] = { name: 'relu', op: 'relu', inputs: [`@${last}:out0`], outputs: ['out0'] };
    last = key;
  }
  layers['end_0'] = { name: 'end', op: 'output', inputs: [`@${last}:out0`], outputs: ['out0'] };
  return JSON.stringify({
    MetaData: { Name: 'chain', AcuityVersion: '6', Platform: 'tensorflow' },
    Layers: layers,
  });
}
