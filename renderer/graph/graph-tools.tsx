import type { ReactNode } from 'react';
import type { PictureFormat } from './export-graph.ts';

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
  onSave: (format: PictureFormat) => void;
  /** More buttons, between those that show and those that save. */
  children?: ReactNode;
}

/** What else the graph shows, and pictures of it. */
export function GraphTools({ shows, onShows, onSave, children }: GraphToolsProps) {
  return (
    <div className="graph-tools" role="group" aria-label="Show and save">
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
      {children}
      {(['png', 'svg'] as const).map((format) => (
        <button
          key={format}
          type="button"
          aria-label={`Save as ${format.toUpperCase()}`}
          title={`Save a picture of the whole network (${format.toUpperCase()})`}
          onClick={() => onSave(format)}
        >
          ↓ {format.toUpperCase()}
        </button>
      ))}
    </div>
  );
}
