import { useEffect, useState } from 'react';
import { droppedFiles, type DroppedFile } from '../api/dropped-files.ts';
import { report } from '../state/core.ts';
import { addFiles } from '../state/inputs.ts';
import { importNodeData, isNodeData } from '../state/extra-colours.ts';
import { importFiles } from '../state/import.ts';
import { openOtherTable } from '../state/inspect.ts';
import { useStudio } from '../state/store.ts';
import { areDumps, compareDumps, verifyFile } from '../state/verify.ts';

/** Lets files be dropped anywhere on the window. Says whether some hover over it now. */
export function useDrop(): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    let depth = 0;
    const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
    const enter = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      depth++;
      setOver(true);
    };
    const leave = (): void => {
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    };
    const hover = (event: DragEvent): void => event.preventDefault();
    const drop = (event: DragEvent): void => {
      // Without this the browser would leave the studio and show the file.
      event.preventDefault();
      depth = 0;
      setOver(false);
      if (event.dataTransfer && hasFiles(event)) take(event.dataTransfer);
    };
    window.addEventListener('dragenter', enter);
    window.addEventListener('dragleave', leave);
    window.addEventListener('dragover', hover);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragenter', enter);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('dragover', hover);
      window.removeEventListener('drop', drop);
    };
  }, []);
  return over;
}

/** On the Inputs page files are samples, on Verify one is a sample or many are layer dumps, on Inspect a table to compare; elsewhere a model. */
function take(transfer: DataTransfer): void {
  const { stage, model } = useStudio.getState();
  if (stage === 'inputs' && model) void droppedFiles(transfer).then(addFiles).catch(report);
  else if (stage === 'verify' && model) void droppedFiles(transfer).then(takeVerify).catch(report);
  else if (stage === 'inspect' && model && isTable(transfer)) void openOtherTable(transfer.files[0]);
  else {
    void droppedFiles(transfer)
      .then((files) =>
        takeModel(
          files.map(({ file }) => file),
          model !== undefined,
        ),
      )
      .catch(report);
  }
}

/** Layer dumps, in a folder or not; or a picture. */
function takeVerify(dropped: readonly DroppedFile[]): Promise<void> {
  const files = dropped.map(({ file }) => file);
  return areDumps(files) ? compareDumps(files) : verifyFile(files[0]);
}

/** Whether one .quantize file is dropped: with others it belongs to a model. */
function isTable({ files }: DataTransfer): boolean {
  return files.length === 1 && /\.quantize$/i.test(files[0].name);
}

/** A model; or values for the one that is open, which are .json files as well. */
async function takeModel(files: readonly File[], isOpen: boolean): Promise<void> {
  const [first] = files;
  if (isOpen && files.length === 1 && (await isNodeData(first).catch(() => false)))
    await importNodeData(first);
  else await importFiles(files);
}
