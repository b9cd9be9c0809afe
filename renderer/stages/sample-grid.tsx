import type { KeyboardEvent } from 'react';
import type { SamplesView } from '../../core/worker/contract-project.ts';
import { VirtualList } from '../components/virtual-list.tsx';
import { removeSample, showSample } from '../state/inputs.ts';
import { SampleCell } from './sample-cell.tsx';

const CELL = { width: 84, height: 96 };

interface SampleGridProps {
  samples: SamplesView;
  input: string;
  index: number;
  version: string;
}

/** All samples as small pictures; only those that can be seen are drawn and asked for. */
export function SampleGrid({ samples, input, index, version }: SampleGridProps) {
  const onKey = (event: KeyboardEvent): boolean => {
    if (event.key !== 'Delete' || samples.fixed !== null) return false;
    void removeSample(index);
    return true;
  };
  return (
    <VirtualList
      className="sample-grid"
      label="Samples"
      count={samples.samples.length}
      cell={CELL}
      at={index}
      itemId={(at) => `sample-${at}`}
      onMove={showSample}
      onKey={onKey}
      renderItem={(at, place) => (
        <SampleCell
          key={at}
          id={`sample-${at}`}
          samples={samples}
          at={at}
          place={place}
          selected={at === index}
          ask={[version, input]}
          onChoose={showSample}
        />
      )}
    />
  );
}
