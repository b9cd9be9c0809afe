import { describe } from 'vitest';
import { built } from '../harness.ts';
import { windowCases } from './cases/windows.ts';
import { family } from './family.ts';

describe.skipIf(!built)('every combination of types: windows', () => family(windowCases));
