import { sentence } from '../api/client.ts';
import { dismissProblem } from '../state/actions.ts';
import { reconnect } from '../state/project.ts';
import { useStudio } from '../state/store.ts';

const LOST =
  'The studio has lost its core. Connect again: the project opens as it was saved. If that fails, start the studio again.';

/** The last problem, as a sentence; it stays until it is dismissed or the next attempt. */
export function ProblemBar() {
  const problem = useStudio((state) => state.problem);
  const lost = useStudio((state) => state.connection === 'lost');
  return (
    <div className="problem-slot" role="alert">
      {(lost || problem) && (
        <div className="problem">
          <span aria-hidden="true">!</span>
          <p>{lost ? LOST : problem && sentence(problem)}</p>
          <button type="button" className="button" onClick={lost ? () => void reconnect() : dismissProblem}>
            {lost ? 'Connect again' : 'Dismiss'}
          </button>
        </div>
      )}
    </div>
  );
}
