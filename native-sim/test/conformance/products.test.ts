import { describe } from 'vitest';
import { built } from '../harness.ts';
import { productCases } from './cases/products.ts';
import { family } from './family.ts';

describe.skipIf(!built)('every combination of types: products', () => family(productCases));
