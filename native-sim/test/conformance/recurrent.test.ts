import { describe } from 'vitest';
import { built } from '../harness.ts';
import { recurrentCases } from './cases/recurrent.ts';
import { family } from './family.ts';

describe.skipIf(!built)('every combination of types: recurrent', () => family(recurrentCases));
