import { useEffect } from 'react';
import { flushSync } from 'react-dom';
import { Header } from './components/header.tsx';
import { Inspector } from './components/inspector.tsx';
import { JobBar } from './components/job-bar.tsx';
import { LayerPanel } from './components/layer-panel.tsx';
import { ProblemBar } from './components/problem-bar.tsx';
import { Rail } from './components/rail.tsx';
import { StagePage } from './components/stage-page.tsx';
import { StartScreen } from './components/start-screen.tsx';
import { useDrop } from './components/use-drop.ts';
import { GraphView } from './graph/graph-view.tsx';
import { importPaths } from './state/actions.ts';
import { useStudio } from './state/store.ts';

/** The whole window. */
export function App() {
  const model = useStudio((state) => state.model);
  const stage = useStudio((state) => state.stage);
  const layersOpen = useStudio((state) => state.layersOpen);
  const dropping = useDrop();
  useShortcuts();
  const showsGraph = model !== undefined && stage === 'model';
  return (
    <div className={showsGraph ? 'shell' : 'shell shell-plain'}>
      <Header />
      <Rail />
      <main className="centre" aria-label={stage === 'model' ? 'Model' : `Stage ${stage}`}>
        <ProblemBar />
        {stage !== 'model' ? (
          <StagePage stage={stage} />
        ) : model ? (
          <div className="work">
            {layersOpen && <LayerPanel scene={model.scene} />}
            <GraphView scene={model.scene} />
          </div>
        ) : (
          <StartScreen dropping={dropping} />
        )}
        {dropping && showsGraph && <div className="drop-veil">Drop to open instead of this model</div>}
      </main>
      {showsGraph && <Inspector model={model} />}
      <JobBar />
    </div>
  );
}

/** Keys that work everywhere, and the commands of the native menu. */
function useShortcuts(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const typing = event.target instanceof HTMLInputElement;
      const find = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'f';
      if (find || (event.key === '/' && !typing)) {
        if (focusSearch()) event.preventDefault();
      }
    };
    window.addEventListener('keydown', onKey);
    window.nibbleDesktop?.onMenu((command) => {
      if (command === 'find') focusSearch();
      if (command === 'fit') document.querySelector<HTMLButtonElement>('#fit-button')?.click();
      if (command === 'open') void window.nibbleDesktop?.chooseModel().then(importPaths);
    });
    return () => window.removeEventListener('keydown', onKey);
  }, []);
}

/** Puts the cursor into the search box, opening its panel. Says whether there is one to open. */
function focusSearch(): boolean {
  if (!useStudio.getState().model) return false;
  // At once, so that what is typed right after the key is not lost.
  flushSync(() => useStudio.setState({ stage: 'model', layersOpen: true }));
  document.querySelector<HTMLInputElement>('#layer-search')?.select();
  return true;
}
