import { describe } from 'vitest';
import { built } from '../harness.ts';
import { elementwiseCases } from './cases/elementwise.ts';
import { family } from './family.ts';

describe.skipIf(!built)('every combination of types: elementwise', () => family(elementwiseCases));
