import { Config } from './config.ts';
import type { Dialect } from './model.ts';

/** A layer as Keras 2 and 3 name it and its settings. */
export function modernize(type: string, config: Config, dialect: Dialect): { type: string; config: Config } {
  void dialect;
  return { type, config };
}
