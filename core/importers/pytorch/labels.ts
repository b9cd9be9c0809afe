import { isLeaf } from './objects.ts';
import type { ObjectValue } from './values.ts';

/** Names for layers: after their module, and after the operator where a module has several. */
export class Labels {
  private readonly used = new Set<ObjectValue>();

  of(module: ObjectValue | undefined, type: string): string {
    const operator = type.replace(/^_+|_+$/g, '');
    if (!module) return operator;
    const own = module.type.startsWith('__torch__.torch.') && isLeaf(module) && !this.used.has(module);
    this.used.add(module);
    return own ? module.path : `${module.path}.${operator}`;
  }
}
