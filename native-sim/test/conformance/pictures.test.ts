import { describe } from 'vitest';
import { built } from '../harness.ts';
import { pictureCases } from './cases/pictures.ts';
import { family } from './family.ts';

describe.skipIf(!built)('every combination of types: pictures', () => family(pictureCases));
