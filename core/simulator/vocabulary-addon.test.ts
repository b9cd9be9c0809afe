import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { deviceOps, type FieldInfo } from '../device/vocabulary.ts';
import { addonPath, loadAddon } from './addon.ts';
import type { NativeField } from './native.ts';

/** How the addon declares a field of this type: enums and booleans are 32-bit integers in C. */
function declared({ type, count }: FieldInfo): Pick<NativeField, 'count'> & { types: string[] } {
  if (type.endsWith('*')) return { types: [type], count: 0 };
  const scalar = type.replace('[]', '');
  return { types: scalar === 'bool' || scalar === 'enum' ? ['i32', 'u32'] : [scalar], count };
}

describe.skipIf(!existsSync(addonPath()))(
  'the addon knows the vocabulary (skipped until it is built)',
  () => {
    it('has the same numbers, members and field types', () => {
      for (const { name, value, member, fields } of loadAddon().ops()) {
        if (!Object.hasOwn(deviceOps, name)) continue;
        const ours = deviceOps[name];
        expect([name, value]).toEqual([name, ours.value]);
        if (ours.member !== undefined) expect([name, member]).toEqual([name, ours.member]);
        for (const [field, info] of Object.entries(ours.fields)) {
          // A file name is no number: only case code passes one.
          if (info.type === 'string') continue;
          const theirs = fields.find((item) => item.name === field);
          const { types, count } = declared(info);
          expect([name, field, theirs?.count]).toEqual([name, field, count]);
          expect(types, `${name}.${field}`).toContain(theirs?.type);
        }
      }
    });
  },
);
