import type { ModelSummary, StageCommand } from './contract.ts';

/**
 * The command lines that do the later stages on this project, for as long as the studio has no pages of
 * its own for them.
 */
export function stageCommands(name: string, sourceFile: string): ModelSummary['commands'] {
  const base = name === '' ? 'model' : name;
  const isNetwork = sourceFile.toLowerCase().endsWith('.json');
  const stem = isNetwork ? sourceFile.slice(0, -'.json'.length) : base;
  const model = `--model ${quote(`${stem}.json`)}`;
  const data = `--model-data ${quote(`${stem}.data`)}`;
  const table = `--model-quantize ${quote(`${stem}.quantize`)}`;
  const meta = `--with-input-meta ${quote(`${stem}_inputmeta.yml`)}`;
  const quantize = `pegasus quantize ${model} ${data} ${meta} ${table} --quantizer asymmetric_affine --qtype uint8`;
  return {
    inputs: [
      ...(isNetwork ? [] : importCommand(sourceFile, stem)),
      {
        purpose: 'Write a description of the inputs to fill in: where the pictures are, mean and scale.',
        line: `pegasus generate inputmeta ${model} --input-meta-output ${quote(`${stem}_inputmeta.yml`)}`,
      },
    ],
    quantize: [
      { purpose: 'Measure the ranges and write the 8-bit quantize table.', line: `${quantize} --rebuild` },
    ],
    inspect: [
      {
        purpose: 'Run the float network too: its tensor files show what the quantized ones should be.',
        line: `pegasus inference ${model} ${data} ${meta} --dtype float32`,
      },
    ],
    target: [
      {
        purpose: 'On the board: the first four characters of the serial number tell the chip.',
        line: 'grep Serial /proc/cpuinfo',
      },
    ],
    export: [
      {
        purpose: 'Write the C project that runs the quantized network on the board.',
        line: `pegasus export ovxlib ${model} ${data} ${table} ${meta} --dtype quantized --output-path ${quote(`${stem}_ovx/${stem}`)}`,
      },
    ],
    verify: [
      {
        purpose: 'Run the quantized network on this computer and print its five best answers.',
        line: `pegasus inference ${model} ${data} ${table} ${meta} --dtype quantized`,
      },
    ],
  };
}

/** Frameworks that `pegasus import` takes with nothing but the model file. */
const IMPORTS: readonly (readonly [RegExp, string])[] = [
  [/\.onnx$/i, 'onnx'],
  [/\.tflite$/i, 'tflite'],
  [/\.(?:h5|hdf5|keras)$/i, 'keras'],
  [/\.pth?$/i, 'pytorch'],
];

function importCommand(file: string, stem: string): StageCommand[] {
  const framework = IMPORTS.find(([pattern]) => pattern.test(file))?.[1];
  if (framework === undefined) return [];
  const outputs = `--output-model ${quote(`${stem}.json`)} --output-data ${quote(`${stem}.data`)}`;
  return [
    {
      purpose: 'Write the network files that the next steps read.',
      line: `pegasus import ${framework} --model ${quote(file)} ${outputs}`,
    },
  ];
}

/** A name as one word of a POSIX shell, whatever a hostile file calls itself. */
export function quote(word: string): string {
  // Control characters could hide text or press Enter in a terminal the line is pasted into.
  // oxlint-disable-next-line no-control-regex
  const printable = word.replace(/[\u0000-\u001f\u007f-\u009f]/g, '_');
  const safe = printable.startsWith('-') ? `./${printable}` : printable;
  return /^[\w./@%+=:,-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", String.raw`'\''`)}'`;
}
