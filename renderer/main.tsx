import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '@xyflow/react/dist/base.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/jobs.css';
import './styles/start.css';
import './styles/graph.css';
import './styles/layers.css';
import './styles/inspector.css';
import './styles/forms.css';
import './styles/stages.css';
import './styles/inputs.css';
import './styles/quantize.css';
import './styles/target.css';
import './styles/export.css';
import './styles/verify.css';
import './styles/inspect.css';
import './styles/import.css';
import './styles/narrow.css';
import { App } from './app.tsx';
import { startStudio } from './state/project.ts';

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
  void startStudio();
}
