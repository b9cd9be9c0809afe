import { closeAll, openAll, setGrouped, useGraph } from '../state/graph.ts';

/** Whether layers are grouped by their scopes, and all groups at once. */
export function GroupTools() {
  const possible = useGraph((state) => state.hierarchy !== undefined);
  const grouped = useGraph((state) => state.grouped);
  return (
    <>
      <button
        type="button"
        aria-pressed={grouped}
        disabled={!possible}
        title={
          possible
            ? 'Group the layers by the scopes in their names (G)'
            : 'The names of these layers hold no scopes to group them by'
        }
        onClick={() => setGrouped(!grouped)}
      >
        Groups
      </button>
      {grouped && (
        <>
          <button type="button" title="Open all groups" onClick={openAll}>
            Open all
          </button>
          <button type="button" title="Close all groups" onClick={closeAll}>
            Close all
          </button>
        </>
      )}
    </>
  );
}
