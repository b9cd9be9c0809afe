import { useEffect, useState } from 'react';
import type { Fidelity, ReaderEffect } from '../../core/worker/contract-inspect.ts';
import { asWireError } from '../api/client.ts';
import { core } from '../state/core.ts';
import { useStudio } from '../state/store.ts';

/** Milliseconds after the last move of a handle until the core is asked. */
const PAUSE = 150;

interface NextLayersProps {
  /** Reference. */
  tensor: string;
  /** The range that is tried. */
  min: number;
  max: number;
}

interface Answer {
  asked: string;
  effects: readonly ReaderEffect[];
  problem?: string;
}

/** What a moved range does to the layers that read the tensor; "…" until it is known. */
export function NextLayers({ tensor, min, max }: NextLayersProps) {
  const version = useStudio((state) => state.project?.tableVersion);
  const [answer, setAnswer] = useState<Answer>();
  const asked = JSON.stringify([tensor, min, max, version]);
  useEffect(() => {
    let current = true;
    const ask = async (): Promise<void> => {
      const found = await effectsOf(tensor, { min, max });
      if (current) setAnswer({ asked, ...found });
    };
    const timer = setTimeout(() => void ask(), PAUSE);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [asked, tensor, min, max]);
  const known = answer?.asked === asked;
  if (known && answer.problem !== undefined) return <p className="dim">Next layer: {answer.problem}.</p>;
  if (!answer || answer.effects.length === 0) return <p className="dim">Next layer: …</p>;
  return (
    <ul className="inspect-next" aria-label="Next layers" aria-busy={!known}>
      {answer.effects.map(({ layer, before, after }) => (
        <li
          key={layer}
          title={known ? `Cosine ${after.cosine.toFixed(5)} (was ${before.cosine.toFixed(5)})` : ''}
        >
          Next layer <bdi>{layer}</bdi>: <b>{known ? spelled(after) : '…'}</b> (was {spelled(before)})
        </li>
      ))}
    </ul>
  );
}

async function effectsOf(
  tensor: string,
  range: { min: number; max: number },
): Promise<Omit<Answer, 'asked'>> {
  try {
    return { effects: (await core()?.nextLayerEffect(tensor, range)) ?? [] };
  } catch (error) {
    return { effects: [], problem: asWireError(error).message };
  }
}

const spelled = ({ sqnr }: Fidelity): string =>
  sqnr === null ? 'no error' : `${sqnr.toFixed(1).replace('-', '−')} dB`;
