import { useEffect } from 'react';
import type { TargetMatch } from '../../core/worker/contract-export.ts';
import type { ChipView } from '../../core/worker/contract-project.ts';
import { CopyButton } from '../components/copy-button.tsx';
import { showStage } from '../state/actions.ts';
import { setTarget } from '../state/project.ts';
import { useStudio } from '../state/store.ts';
import { loadFit, pasteText, useTarget } from '../state/target.ts';
import { ChipCard } from './chip-card.tsx';
import { StageFrame } from './stage-frame.tsx';

const COMMAND = 'cat /proc/cpuinfo';

/** The Target stage: which NPU the board has, and what of the network does not suit it. */
export function TargetPage() {
  const chips = useStudio((state) => state.chips);
  const target = useStudio((state) => state.project?.target ?? null);
  const table = useStudio((state) => state.project?.stages.quantize.text);
  useEffect(() => void loadFit(target, table), [target, table]);
  const chip = chips.find(({ pid }) => pid === target);
  return (
    <StageFrame
      title="Target"
      lead="Which NPU your board has: it decides what runs fast, and what a packed network is made for."
      next={{ stage: 'export', label: 'Next: Export', ready: chip !== undefined }}
    >
      <div className="target">
        <div className="target-find">
          <Paste />
          <ByHand target={target} />
        </div>
        <div className="target-chip">
          {chip ? (
            <>
              <ChipCard chip={chip} />
              <Fit chip={chip} />
            </>
          ) : (
            <section className="panel chip-none">
              <p className="dim">
                No chip is chosen yet. You can export without one: the C code is the same for all. Packing and
                advice need it.
              </p>
            </section>
          )}
        </div>
      </div>
    </StageFrame>
  );
}

function Paste() {
  const text = useTarget((state) => state.text);
  const matches = useTarget((state) => state.matches);
  return (
    <section className="panel paste" aria-label="Ask the board">
      <h3>Ask the board</h3>
      <p>
        Run <code>{COMMAND}</code> on it and paste all that it prints, or only the serial number.{' '}
        <CopyButton className="button small" text={COMMAND} label="Copy command" />
      </p>
      <textarea
        aria-label="What the board prints"
        placeholder={'processor\t: 0\n…\nSerial\t\t: 290b70004ba55adb…'}
        value={text}
        rows={9}
        spellCheck={false}
        autoComplete="off"
        onChange={({ target }) => pasteText(target.value)}
      />
      <div className="matches" role="status">
        {matches?.length === 0 && (
          <p className="note note-warn">
            There is no serial number in this text. It stands in the line “Serial : …”; some boards show it to
            root only: try <code>sudo {COMMAND}</code>.
          </p>
        )}
        {matches?.map((match) => (
          <Match key={match.serial} match={match} />
        ))}
      </div>
    </section>
  );
}

function Match({ match: { serial, pid, nearest } }: { match: TargetMatch }) {
  const chips = useStudio((state) => state.chips);
  const target = useStudio((state) => state.project?.target);
  const named = (wanted: string): string => {
    const chip = chips.find((candidate) => candidate.pid === wanted);
    return chip ? `${chip.name}, PID ${chip.pid}` : wanted;
  };
  const short = serial.length > 12 ? `${serial.slice(0, 12)}…` : serial;
  if (pid !== null) {
    return (
      <p className="match">
        <span className="mark mark-ok" aria-hidden="true">
          ✓
        </span>
        <span>
          Serial <code>{short}</code>: <strong>{named(pid)}</strong>
        </span>
        <Use pid={pid} used={target === pid} label="Use" />
      </p>
    );
  }
  return (
    <div className="note note-warn unknown">
      <p>
        Serial <code>{short}</code> is of no chip that we know. The nearest are below: is yours one of them?
        If not, ask the maker of the board for the PID of the NPU.
      </p>
      {nearest.map((near) => (
        <p key={near.serial} className="match">
          <span>
            <code>{near.serial}</code> {named(near.pid)}
            {near.sameFamily && ' (same family, another revision)'}
          </span>
          <Use pid={near.pid} used={target === near.pid} label="It is this one" />
        </p>
      ))}
    </div>
  );
}

function Use({ pid, used, label }: { pid: string; used: boolean; label: string }) {
  if (used) return <span className="tag tag-on">chosen</span>;
  return (
    <button type="button" className="button small" onClick={() => void setTarget(pid)}>
      {label}
    </button>
  );
}

function ByHand({ target }: { target: string | null }) {
  const chips = useStudio((state) => state.chips);
  return (
    <section className="panel by-hand" aria-label="Choose from the list">
      <h3>Or choose from the list</h3>
      <div role="radiogroup" aria-label="Chip">
        {[undefined, ...chips].map((chip) => (
          <label key={chip?.pid ?? ''} className="chip-row">
            <input
              type="radio"
              name="chip"
              checked={(chip?.pid ?? null) === target}
              onChange={() => void setTarget(chip?.pid ?? null)}
            />
            <span>{chip ? chip.names.join(', ') : 'None in particular'}</span>
            <small>{chip && `PID ${chip.pid}, serials ${chip.serials.join(', ') || 'not known'}`}</small>
          </label>
        ))}
      </div>
    </section>
  );
}

/** What of the project's quantization is not for this chip. */
function Fit({ chip }: { chip: ChipView }) {
  const fit = useTarget((state) => state.fit);
  if (!fit) return null;
  if (fit.tensors === null) {
    return (
      <section className="panel fit" aria-label="Does it fit">
        <h3>Does the network fit?</h3>
        <p className="dim">The network is not quantized yet: nothing to compare with the chip.</p>
        <button type="button" className="button" onClick={() => showStage('quantize')}>
          Go to Quantize
        </button>
      </section>
    );
  }
  return (
    <section className="panel fit" aria-label="Does it fit">
      <h3>Does the network fit?</h3>
      {fit.misfits.length === 0 ? (
        <p className="match">
          <span className="mark mark-ok" aria-hidden="true">
            ✓
          </span>
          Every one of its {fit.tensors} quantized tensors has a type that the NN cores of the {chip.name}{' '}
          compute.
        </p>
      ) : (
        <>
          <ul className="misfits">
            {fit.misfits.map(({ reason, remedy, tensors }) => (
              <li key={reason}>
                <span className="mark mark-warn" aria-hidden="true">
                  !
                </span>
                <div>
                  <p>
                    <strong>
                      {tensors} of {fit.tensors} tensors:
                    </strong>{' '}
                    {reason}.
                  </p>
                  <p className="dim">What to do: {remedy}.</p>
                </div>
              </li>
            ))}
          </ul>
          <p className="dim">Such layers still run, on the slow shader cores.</p>
          <button type="button" className="button" onClick={() => showStage('quantize')}>
            Go to Quantize
          </button>
        </>
      )}
    </section>
  );
}
