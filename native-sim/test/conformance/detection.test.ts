import { describe } from 'vitest';
import { built } from '../harness.ts';
import { detectionCases } from './cases/detection.ts';
import { family } from './family.ts';

describe.skipIf(!built)('every combination of types: detection', () => family(detectionCases));
