import type { ModelSummary } from '../../core/worker/contract.ts';
import { formatCount } from '../graph/text.ts';

/** How often each operator occurs. */
export function OpTable({ ops }: { ops: ModelSummary['ops'] }) {
  return (
    <>
      <h3>Ops</h3>
      <table>
        <tbody>
          {ops.map(({ op, count }) => (
            <tr key={op}>
              <th scope="row">{op}</th>
              <td className="number">{formatCount(count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
