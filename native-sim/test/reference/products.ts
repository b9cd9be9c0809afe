/** Matrix products and fully connected layers. */
import { build, type Dense, get } from './ops.ts';

/** A [K,M,...] times B [N,K], either of them transposed. */
export function matrixProduct(a: Dense, b: Dense, ta: boolean, tb: boolean): Dense {
  const k = a.size[ta ? 1 : 0] ?? 1;
  const [m, n] = [a.size[ta ? 0 : 1] ?? 1, b.size[tb ? 1 : 0] ?? 1];
  return build([n, m, ...a.size.slice(2)], ([x = 0, y = 0, ...outer]) => {
    let sum = 0;
    for (let i = 0; i < k; i++)
      sum += (ta ? get(a, y, i, ...outer) : get(a, i, y, ...outer)) * (tb ? get(b, i, x) : get(b, x, i));
    return sum;
  });
}

/** Rows of x times the rows of w, plus a bias. */
export function fullyConnected(x: Dense, w: Dense, bias: readonly number[]): Dense {
  const [outputs, n] = [w.size[1] ?? 1, w.size[0] ?? 1];
  return build([outputs, x.data.length / n], ([o = 0, r = 0]) => {
    let sum = bias[o] ?? 0;
    for (let i = 0; i < n; i++) sum += (x.data[r * n + i] ?? NaN) * (w.data[o * n + i] ?? NaN);
    return sum;
  });
}
