import { sentence } from '../api/client.ts';
import { dismissProblem } from '../state/actions.ts';
import { useStudio } from '../state/store.ts';

/** The last problem, as a sentence; it stays until it is dismissed or the next attempt. */
export function ProblemBar() {
  const problem = useStudio((state) => state.problem);
  return (
    <div className="problem-slot" role="alert">
      {problem && (
        <div className="problem">
          <span aria-hidden="true">!</span>
          <p>{sentence(problem)}</p>
          <button type="button" className="button" onClick={dismissProblem}>
            Dismiss
          </button>
        </div>
      )}
    </div>
  );
}
