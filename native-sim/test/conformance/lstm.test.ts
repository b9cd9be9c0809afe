import { describe } from 'vitest';
import { built } from '../harness.ts';
import { lstmCases } from './cases/lstm.ts';
import { family } from './family.ts';

describe.skipIf(!built)('every combination of types: lstm', () => family(lstmCases));
