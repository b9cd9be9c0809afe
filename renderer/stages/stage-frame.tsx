import type { ReactNode } from 'react';
import type { StageName } from '../../core/worker/contract.ts';
import { showStage } from '../state/actions.ts';

interface StageFrameProps {
  title: string;
  lead: string;
  /** What can be done here, right of the title. */
  actions?: ReactNode;
  next?: { stage: StageName; label: string; ready: boolean };
  children: ReactNode;
}

/** Title, one sentence, and the way on: the same place on every stage. */
export function StageFrame({ title, lead, actions, next, children }: StageFrameProps) {
  return (
    <div className="page">
      <header className="page-head">
        <div>
          <h2>{title}</h2>
          <p className="dim">{lead}</p>
        </div>
        <span className="spring" />
        {actions}
        {next && (
          <button
            type="button"
            className={next.ready ? 'button primary' : 'button'}
            onClick={() => showStage(next.stage)}
          >
            {next.label}
          </button>
        )}
      </header>
      {children}
    </div>
  );
}
