import { spellMilliseconds } from '../graph/node-data-colouring.ts';
import { formatReal } from '../graph/text.ts';
import { useProfile } from './extra-colouring.ts';
import { useExtraColours } from '../state/extra-colours.ts';

/** What is known of a layer beside the network itself: its operators on the device, and data of other programs. */
export function LayerFacts({ layer }: { layer: string }) {
  const profile = useProfile();
  const imported = useExtraColours((state) => state.imported);
  const own = profile?.layers.find((item) => item.layer === layer);
  const data = imported.flatMap(({ name, values }) => {
    const value = values.find((item) => item.layer === layer)?.value;
    return value === undefined ? [] : [{ name, value }];
  });
  return (
    <>
      {own && (
        <>
          <h3>On the device</h3>
          <table>
            <tbody>
              {own.nodes.map(({ op, unit, milliseconds }, index) => (
                <tr key={index}>
                  <th scope="row">{op}</th>
                  <td>
                    {unit === '-' ? 'no work' : unit}
                    {milliseconds !== null && `, ${spellMilliseconds(milliseconds)} simulated`}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
      {data.length > 0 && (
        <>
          <h3>Node data</h3>
          <table>
            <tbody>
              {data.map(({ name, value }, index) => (
                <tr key={index}>
                  <th scope="row">{name}</th>
                  <td>{typeof value === 'number' ? formatReal(value) : <bdi>{value}</bdi>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </>
  );
}
