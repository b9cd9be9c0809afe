import { useEffect, useState } from 'react';
import type { Camera } from './camera.ts';
import type { Drawing } from './drawing.ts';

/** Zoom buttons with the zoom in numbers. */
export function GraphControls({ drawing, camera }: { drawing: Drawing; camera: Camera }) {
  const [zoom, setZoom] = useState(camera.view.zoom);
  useEffect(() => camera.subscribe(() => setZoom(camera.view.zoom)), [camera]);
  const percent = zoom * 100;
  return (
    <div className="graph-controls" role="group" aria-label="Zoom">
      <button
        type="button"
        aria-label="Zoom out"
        title="Zoom out (−, Ctrl + wheel)"
        onClick={() => camera.zoom(0.8)}
      >
        −
      </button>
      <output aria-label="Zoom level">{percent < 10 ? percent.toFixed(1) : Math.round(percent)} %</output>
      <button
        type="button"
        aria-label="Zoom in"
        title="Zoom in (+, Ctrl + wheel)"
        onClick={() => camera.zoom(1.25)}
      >
        +
      </button>
      <button
        type="button"
        id="fit-button"
        className="wide"
        title="Show the whole network (F)"
        onClick={() => camera.fitWorld(drawing.layout)}
      >
        Fit
      </button>
    </div>
  );
}
