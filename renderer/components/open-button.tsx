import { useRef } from 'react';
import { importFiles, importPaths } from '../state/import.ts';
import { isBusy } from '../state/job-state.ts';
import { useStudio } from '../state/store.ts';

/** Opens the native dialog on the desktop, the browser's elsewhere. */
export function OpenButton({ className, label }: { className: string; label: string }) {
  const input = useRef<HTMLInputElement>(null);
  const ready = useStudio((state) => state.connection === 'ready' && !isBusy(state.job?.phase));
  const formats = useStudio((state) => state.core?.formats);
  const open = (): void => {
    if (window.nibbleDesktop) void window.nibbleDesktop.chooseModel().then(importPaths);
    else input.current?.click();
  };
  return (
    <>
      <button type="button" className={className} disabled={!ready} onClick={open}>
        {label}
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        data-testid="file-input"
        accept={formats?.flatMap((format) => [...format.extensions, ...format.companions]).join(',')}
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          event.target.value = '';
          void importFiles(files);
        }}
      />
    </>
  );
}
