import { describe } from 'vitest';
import { built } from '../harness.ts';
import { framingCases } from './cases/framing.ts';
import { family } from './family.ts';

describe.skipIf(!built)('every combination of types: framing', () => family(framingCases));
