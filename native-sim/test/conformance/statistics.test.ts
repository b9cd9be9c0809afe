import { describe } from 'vitest';
import { built } from '../harness.ts';
import { statisticsCases } from './cases/statistics.ts';
import { family } from './family.ts';

describe.skipIf(!built)('every combination of types: statistics', () => family(statisticsCases));
