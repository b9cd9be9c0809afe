import { describe } from 'vitest';
import { built } from '../harness.ts';
import { movingCases } from './cases/moving.ts';
import { family } from './family.ts';

describe.skipIf(!built)('every combination of types: moving', () => family(movingCases));
