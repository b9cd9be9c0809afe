import { sentence } from '../api/client.ts';
import { editPostProcess, savePostProcess, useExport } from '../state/export.ts';
import { TextEditor } from './text-editor.tsx';

/** The post-processing description as text, checked as it is typed. */
export function PostProcessEditor() {
  const post = useExport((state) => state.post);
  const problem = useExport((state) => state.postProblem);
  const saving = useExport((state) => state.postSaving);
  if (!post) return null;
  const { file, text, saved } = post;
  const found = problem
    ? { line: problem.place.line, message: sentence({ ...problem, place: {} }) }
    : post.problem && { line: post.problem.line ?? undefined, message: `${post.problem.message}.` };
  return (
    <div className="post-process">
      <p className="dim">
        What becomes of the outputs: classes, boxes, masks. The steps under <code>nibble_postprocs</code>{' '}
        become C code in the export, and are drawn in Verify. Thresholds, labels and anchors come from your
        training: check them.
      </p>
      <TextEditor
        label={file}
        text={text}
        problems={found?.line === undefined ? [] : [{ line: found.line, message: found.message }]}
        onChange={editPostProcess}
      />
      <div className="post-foot">
        <p className={found ? 'note note-bad' : 'dim'} role="status">
          {saving
            ? 'Checking…'
            : found
              ? `${problem ? 'Not saved: ' : ''}${found.line === undefined ? '' : `line ${found.line}: `}${found.message}`
              : saved
                ? `Saved in ${file}; used by the next export`
                : 'A suggestion from the shapes of the outputs; not used until you add it'}
        </p>
        <span className="spring" />
        {saved ? (
          <button type="button" className="button" onClick={() => void savePostProcess(null)}>
            Remove
          </button>
        ) : (
          <button type="button" className="button primary" onClick={() => void savePostProcess(text)}>
            Add to the export
          </button>
        )}
      </div>
    </div>
  );
}
