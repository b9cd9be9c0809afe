import type { Packing } from '../state/export.ts';

/** How a packed network is offered. */
export const PACKINGS: readonly { packing: Packing; title: string; text: string }[] = [
  {
    packing: 'none',
    title: 'C code and weights',
    text: 'The driver compiles the network when the program starts.',
  },
  {
    packing: 'unify',
    title: 'and a packed network for OpenVX',
    text: 'A second folder, NAME_nbg_unify: one binary file that starts at once.',
  },
  {
    packing: 'viplite',
    title: 'and a packed network for VIPLite',
    text: 'The same for the small driver without OpenVX: NAME_nbg_viplite.',
  },
];

/** What the form calls an option, and its help where the command line's would not do. */
interface Wording {
  label: string;
  help?: string;
}

export const MAIN: Readonly<Record<string, Wording>> = {
  dtype: {
    label: 'Numbers',
    help: 'quantized: as the Quantize stage left it, what NN cores are made for. float16 is slower on most chips and needs no table; float32 is for comparing.',
  },
  selfTest: {
    label: 'Self test',
    help: 'Adds two of your samples with what they must give: on the board, run the program with --self-test and see PASS or the first layer that differs.',
  },
  targetIdeProject: {
    label: 'IDE project',
    help: 'linux64: project files of VivanteIDE and Visual Studio; win32: of Visual Studio only. The makefile is always there.',
  },
};

export const ADVANCED: Readonly<Record<string, Wording>> = {
  batchSize: { label: 'Pictures at a time', help: 'Empty: as the input description says, usually 1.' },
  saveFusedGraph: {
    label: 'Write the exported nodes as JSON',
    help: 'NAME_fused.json, to see what became of each layer. Not together with packing.',
  },
  forceRemovePermute: {
    label: 'Drop permutes at inputs and outputs',
    help: 'Only for TensorFlow, TFLite and Keras networks: saves time on the board, and your program must bring the data into that order. Not together with packing.',
  },
  vivSdk: {
    label: 'Folder of the vendor SDK',
    help: 'With it the packed network is made by the vendor’s own simulator and runs on the board.',
  },
};

/** Options that have a control of their own. */
export const ELSEWHERE: ReadonlySet<string> = new Set(['packNbgUnify', 'packNbgViplite']);
