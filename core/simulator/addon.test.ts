import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { packageRoot, packageVersion } from '../files/package-root.ts';
import { addonPath, loadAddon } from './addon.ts';

describe('the addon', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('is looked for in the build output of our own package', () => {
    vi.stubEnv('NIBBLE_ADDON', '');
    expect(addonPath()).toBe(join(packageRoot(), 'out', 'native', 'nibble-sim.node'));
    expect(packageVersion()).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('says what to do when it is missing or broken', async () => {
    vi.stubEnv('NIBBLE_ADDON', '/nowhere/at-all.node');
    expect(() => loadAddon()).toThrow(
      expect.objectContaining({
        code: 'simulator-unavailable',
        hint: expect.stringContaining('npm run build'),
      }),
    );
    const folder = await mkdtemp(join(tmpdir(), 'addon-'));
    const broken = join(folder, 'broken.node');
    await writeFile(broken, 'not a library');
    vi.stubEnv('NIBBLE_ADDON', broken);
    expect(() => loadAddon()).toThrow(/cannot be loaded/);
    const other = join(folder, 'other.cjs');
    await writeFile(other, 'module.exports = {}');
    vi.stubEnv('NIBBLE_ADDON', other);
    expect(() => loadAddon()).toThrow(/is not the simulator/);
    await rm(folder, { recursive: true });
  });
});
