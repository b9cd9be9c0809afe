import { useEffect } from 'react';
import { flushSync } from 'react-dom';
import type { StageName } from '../core/worker/contract.ts';
import { Header } from './components/header.tsx';
import { Inspector } from './components/inspector.tsx';
import { JobBar } from './components/job-bar.tsx';
import { LayerPanel } from './components/layer-panel.tsx';
import { ModelGraph } from './components/model-graph.tsx';
import { ProblemBar } from './components/problem-bar.tsx';
import { Rail } from './components/rail.tsx';
import { StagePage } from './components/stage-page.tsx';
import { StartScreen } from './components/start-screen.tsx';
import { useDrop } from './components/use-drop.ts';
import { ExportPage } from './stages/export.tsx';
import { ImportPage } from './stages/import-page.tsx';
import { InspectPage } from './stages/inspect.tsx';
import { InputsPage } from './stages/inputs.tsx';
import { QuantizePage } from './stages/quantize.tsx';
import { TargetPage } from './stages/target.tsx';
import { VerifyPage } from './stages/verify.tsx';
import { clearInputs } from './state/inputs.ts';
import { importPaths } from './state/import.ts';
import { refreshProject } from './state/project.ts';
import { useStudio, type OpenSource } from './state/store.ts';

/** The whole window. */
export function App() {
  const model = useStudio((state) => state.model);
  const stage = useStudio((state) => state.stage);
  const layersOpen = useStudio((state) => state.layersOpen);
  const dropping = useDrop();
  useShortcuts();
  useWatch();
  const source = useStudio((state) => state.source);
  const showsGraph = model !== undefined && stage === 'model' && !source;
  return (
    <div className={showsGraph ? 'shell' : 'shell shell-plain'}>
      <Header />
      <Rail />
      <main className="centre" aria-label={stage === 'model' ? 'Model' : `Stage ${stage}`}>
        <ProblemBar />
        {stage !== 'model' ? (
          <Stage stage={stage} dropping={dropping} />
        ) : source ? (
          <ImportPage source={source} />
        ) : model ? (
          <div className="work">
            {layersOpen && <LayerPanel scene={model.scene} />}
            <ModelGraph scene={model.scene} />
          </div>
        ) : (
          <StartScreen dropping={dropping} />
        )}
        {dropping && stage === 'model' && (model ?? source) && (
          <div className="drop-veil">{dropWords(source)}</div>
        )}
        <ReadOnly />
      </main>
      {showsGraph && <Inspector model={model} />}
      <JobBar />
    </div>
  );
}

/** What a drop does: it completes a model that waits for files. */
function dropWords(source: OpenSource | undefined): string {
  const missing = source?.view.missing[0]?.name;
  return missing === undefined ? 'Drop to open instead of this model' : `Drop ${missing} to add it`;
}

/** Says that another window has the project. */
function ReadOnly() {
  const reason = useStudio(({ project }) => project?.readOnly ?? null);
  if (reason === null) return null;
  return (
    <p className="read-only" role="status">
      <b>Read-only:</b> {reason}. Close it there, and it can be changed here.
    </p>
  );
}

/** A stage of the open project; what it is for while there is none. */
function Stage({ stage, dropping }: { stage: StageName; dropping: boolean }) {
  const id = useStudio((state) => state.project?.id);
  if (id === undefined) return <StagePage stage={stage} />;
  switch (stage) {
    case 'inputs':
      return <InputsPage key={id} dropping={dropping} />;
    case 'quantize':
      return <QuantizePage key={id} />;
    case 'inspect':
      return <InspectPage key={id} />;
    case 'target':
      return <TargetPage key={id} />;
    case 'export':
      return <ExportPage key={id} />;
    case 'verify':
      return <VerifyPage key={id} dropping={dropping} />;
  }
}

/** Milliseconds between two looks at the project's files. */
const LOOK = 3000;

/** Notices what other programs change in the folder. */
function useWatch(): void {
  const id = useStudio((state) => state.project?.id);
  useEffect(() => {
    clearInputs();
    if (id === undefined) return undefined;
    const look = (): void => {
      if (document.visibilityState === 'visible') void refreshProject();
    };
    const timer = setInterval(look, LOOK);
    window.addEventListener('focus', look);
    return () => {
      clearInterval(timer);
      window.removeEventListener('focus', look);
    };
  }, [id]);
}

/** Keys that work everywhere, and the commands of the native menu. */
function useShortcuts(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const typing = event.target instanceof Element && event.target.matches('input, textarea, select');
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
  const code = document.querySelector<HTMLInputElement>('#code-search');
  if (code) {
    code.select();
    return true;
  }
  // At once, so that what is typed right after the key is not lost.
  flushSync(() => useStudio.setState({ stage: 'model', layersOpen: true }));
  document.querySelector<HTMLInputElement>('#layer-search')?.select();
  return true;
}
