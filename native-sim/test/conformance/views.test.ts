import { describe } from 'vitest';
import { built } from '../harness.ts';
import { viewCases } from './cases/views.ts';
import { family } from './family.ts';

describe.skipIf(!built)('every combination of types: views', () => family(viewCases));
