import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planWithout } from './testing.ts';

/** Darknet's own collection, as Debian's package `darknet` brings it. */
const FOLDER = '/usr/share/darknet/cfg';

/** Numbers in published .weights files, and of parameters in publications. */
const PUBLISHED: Readonly<Record<string, number>> = {
  'vgg-16.cfg': 138_357_544,
  'yolov2-tiny.cfg': 11_237_145,
  'yolov2.cfg': 50_983_561,
  'yolov3-tiny.cfg': 8_858_734,
  'yolov3.cfg': 62_001_757,
};

/** The one whose classes form a tree. */
const REFUSED: Readonly<Record<string, RegExp>> = { 'darknet9000.cfg': /class hierarchy/ };

const files = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith('.cfg')) : [];

describe.skipIf(files.length === 0)(
  `Darknet's own .cfg files (skipped without Debian's package darknet)`,
  () => {
    test.each(files)('%s', (name) => {
      const plan = () => planWithout(readFileSync(join(FOLDER, name)));
      if (Object.hasOwn(REFUSED, name)) return expect(plan).toThrow(REFUSED[name]);
      const { plan: made, numbers } = plan();
      expect(made.outputs.length).toBeGreaterThan(0);
      if (Object.hasOwn(PUBLISHED, name)) expect(numbers).toBe(PUBLISHED[name]);
    });
  },
);
