/** What the buttons switch on and off. */
export interface Shows {
  /** Everything but the path through the selected node is dimmed. */
  path: boolean;
  /** Shapes are written on the wires. */
  shapes: boolean;
}

interface GraphToolsProps {
  shows: Shows;
  onShows: (shows: Shows) => void;
}

/** What else the graph shows. */
export function GraphTools({ shows, onShows }: GraphToolsProps) {
  return (
    <div className="graph-tools" role="group" aria-label="Show in the graph">
      <button
        type="button"
        aria-pressed={shows.path}
        title="Dim all but the path from the inputs through the selected layer to the outputs (P)"
        onClick={() => onShows({ ...shows, path: !shows.path })}
      >
        Path
      </button>
      <button
        type="button"
        aria-pressed={shows.shapes}
        title="Write the shapes of the tensors on the wires (S)"
        onClick={() => onShows({ ...shows, shapes: !shows.shapes })}
      >
        Shapes
      </button>
    </div>
  );
}
