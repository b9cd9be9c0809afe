import { useEffect, useState } from 'react';
import type { ChannelRanges } from '../../core/worker/contract-graph.ts';
import { formatReal } from '../graph/text.ts';
import { core, report } from '../state/core.ts';
import { rangeSentence, spanOf } from './channel-ranges.ts';

const WIDTH = 320;
const HEIGHT = 72;
/** A channel this many times as wide as the middle one stands out. */
const WIDE = 4;

/** The range of every output channel of a layer's weights; nothing where there are none. */
export function ChannelCharts({ layer, version }: { layer: string; version: string | undefined }) {
  const [found, setFound] = useState<{ layer: string; ranges: readonly ChannelRanges[] }>();
  useEffect(() => {
    let current = true;
    const ask = async (): Promise<void> => {
      const ranges = (await core()?.channelRanges(layer)) ?? [];
      if (current) setFound({ layer, ranges });
    };
    ask().catch(report);
    return () => {
      current = false;
    };
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- scales change with the table
  }, [layer, version]);
  if (found?.layer !== layer) return null;
  return found.ranges.map((ranges) => <ChannelChart key={ranges.name} ranges={ranges} />);
}

function ChannelChart({ ranges }: { ranges: ChannelRanges }) {
  const { name, min, max, scales } = ranges;
  const { low, high, median } = spanOf(ranges);
  const y = (value: number): number => HEIGHT * (1 - (value - low) / (high - low || 1));
  const step = WIDTH / min.length;
  const sentence = rangeSentence(ranges);
  return (
    <section className="channels">
      <h3>
        Channel ranges (<bdi>{name}</bdi>)
      </h3>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={sentence}>
        {min.map((from, channel) => (
          <rect
            key={channel}
            data-wide={max[channel] - from > WIDE * median}
            x={channel * step}
            y={y(max[channel])}
            width={Math.max(0.5, step > 3 ? step - 1 : step)}
            height={Math.max(0.8, y(from) - y(max[channel]))}
          >
            <title>
              {`Channel ${channel}: ${formatReal(from)} to ${formatReal(max[channel])}${scales ? `, scale ${formatReal(scales[channel] ?? NaN)}` : ''}`}
            </title>
          </rect>
        ))}
        <path d={`M0 ${y(0)}H${WIDTH}`} />
      </svg>
      <p className="channel-axis">
        <span>{formatReal(low)}</span>
        <span>
          {min.length} channels, {scales ? 'a scale each' : 'one scale'}
        </span>
        <span>{formatReal(high)}</span>
      </p>
      <p>{sentence}</p>
    </section>
  );
}
