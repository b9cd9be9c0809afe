import type { Settings } from './settings.ts';

/** What NAME_postprocess_file.yml says. */
export interface PostProcess {
  acuity: AcuityActions;
  app: AppPostProcess[];
  /** Our own section, `nibble_postprocs`. */
  steps: StepDescription[];
}

/** `acuity_postprocs`: what `inference` does with the outputs. */
export interface AcuityActions {
  /** Print so many best values of each output. */
  topn: number | undefined;
  /** Write inputs and outputs to tensor files. */
  dumpResults: boolean;
  /** Print the best 5 and write the files. */
  classificationClassic: boolean;
  /** Count how often the label of the list is among the best. */
  classificationValidate: { topn: number } | undefined;
  /** Print the detections of `nibble_postprocs`. */
  detectionValidate: boolean;
  /** Without these actions, not the built-in ones. */
  muteBuiltIn: boolean;
}

/** Nothing of all this. */
export const NO_ACTIONS: AcuityActions = {
  topn: undefined,
  dumpResults: false,
  classificationClassic: false,
  classificationValidate: undefined,
  detectionValidate: false,
  muteBuiltIn: false,
};

/** One item of `app_postprocs`: what `export` appends to an output. */
export interface AppPostProcess {
  /** Key of the output layer. */
  lid: string;
  addNode: boolean;
  /** New axis i is old axis perm[i]; undefined: as it is. */
  perm: number[] | undefined;
  forceFloat32: boolean;
}

/** One item of `nibble_postprocs`. */
export interface StepDescription {
  /** Keys of the output layers it reads. */
  lids: string[];
  settings: Settings;
}
