import { useEffect, useState } from 'react';
import type { SamplesView } from '../../core/worker/contract-project.ts';
import { thumbnail, type Picture } from '../state/preview.ts';

interface SampleCellProps {
  /** Of the element. */
  id: string;
  samples: SamplesView;
  at: number;
  /** In pixels, inside the list. */
  place: { left: number; top: number };
  selected: boolean;
  ask: readonly [version: string, input: string];
  onChoose: (at: number) => void;
}

/** A sample in a list of them: its picture, and its class or file. */
export function SampleCell({
  id,
  samples,
  at,
  place,
  selected,
  ask: [version, input],
  onChoose,
}: SampleCellProps) {
  const picture = useThumbnail(version, input, at);
  const { files, label } = samples.samples[at];
  const name = label === null ? files[0] : (samples.classes[label] ?? `class ${label}`);
  return (
    <div
      id={id}
      className="sample"
      role="option"
      aria-selected={selected}
      aria-posinset={at + 1}
      aria-setsize={samples.samples.length}
      title={files.join(', ')}
      style={place}
      onClick={() => onChoose(at)}
    >
      <span className="sample-picture">{picture && <img src={picture.url} alt="" draggable={false} />}</span>
      <small>{name}</small>
    </div>
  );
}

/** A small picture of a sample, once it has arrived. */
function useThumbnail(version: string, input: string, index: number): Picture | undefined {
  const [picture, setPicture] = useState<Picture>();
  useEffect(() => {
    let wanted = true;
    void thumbnail(version, input, index).then((found) => wanted && setPicture(found));
    return () => {
      wanted = false;
    };
  }, [version, input, index]);
  return picture;
}
