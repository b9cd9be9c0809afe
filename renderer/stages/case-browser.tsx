import { useMemo, useState } from 'react';
import type { CaseFileView, CaseFolder, ExportView } from '../../core/worker/contract-export.ts';
import { CopyButton } from '../components/copy-button.tsx';
import { formatBytes } from '../graph/text.ts';
import { openFile, useExport } from '../state/export.ts';
import { CodeView } from './code-view.tsx';
import { JsonView } from './json-view.tsx';

/** The files of an export, and the one that is looked at. */
export function CaseBrowser({ exported }: { exported: ExportView }) {
  const file = useExport((state) => state.file);
  return (
    <div className="case">
      <nav className="case-files" aria-label="Exported files">
        {exported.folders.map((folder) => (
          <Folder key={folder.kind} folder={folder} current={file?.name} />
        ))}
      </nav>
      {file ? <File key={file.name} file={file} /> : <p className="empty">Choose a file.</p>}
    </div>
  );
}

const KINDS: Readonly<Record<CaseFolder['kind'], string>> = {
  case: 'C code and weights',
  unify: 'packed for OpenVX',
  viplite: 'packed for VIPLite',
};

function Folder({
  folder: { kind, folder, files },
  current,
}: {
  folder: CaseFolder;
  current: string | undefined;
}) {
  const name = files[0]?.name.split('/')[0] ?? '';
  return (
    <section>
      <h4 title={folder}>
        {name}/ <small>{KINDS[kind]}</small>
      </h4>
      <CopyButton className="link" text={folder} label="Copy its path" />
      <ul>
        {files.map(({ name: path, bytes }) => (
          <li key={path}>
            <button
              type="button"
              aria-current={path === current || undefined}
              disabled={bytes === null}
              title={path}
              onClick={() => void openFile(path)}
            >
              <span>{path.slice(name.length + 1)}</span>
              <small>{bytes === null ? 'deleted' : formatBytes(bytes)}</small>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function File({ file }: { file: CaseFileView }) {
  const { name, text, binary, cut, bytes } = file;
  const json = useMemo(() => (cut || !name.endsWith('.json') ? undefined : parsed(text)), [cut, name, text]);
  const [asText, setAsText] = useState(false);
  const showsTree = json !== undefined && !asText;
  return (
    <section className="case-file" aria-label="File">
      <header>
        <strong className="wrap">{name}</strong>
        <span className="dim">
          {formatBytes(bytes)}
          {binary && ', no text: its bytes'}
          {cut && `, the first ${binary ? '2 kB' : '1 MB'} of it`}
        </span>
        <span className="spring" />
        {json !== undefined && (
          <div className="segments" role="group" aria-label="How to show">
            <button type="button" aria-pressed={showsTree} onClick={() => setAsText(false)}>
              Tree
            </button>
            <button type="button" aria-pressed={!showsTree} onClick={() => setAsText(true)}>
              Text
            </button>
          </div>
        )}
      </header>
      {showsTree ? (
        <JsonView value={json.value} />
      ) : (
        <CodeView name={name} text={text} isC={/\.[ch]$/.test(name)} />
      )}
    </section>
  );
}

function parsed(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}
