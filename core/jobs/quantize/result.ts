import type { QuantizeTable } from '../../network/quantize-table.ts';
import type { Advice } from '../../quantization/advice.ts';
import type { AnalysisReport } from '../../quantization/analysis-report.ts';
import type { AutoResult } from '../../quantization/auto.ts';
import type { CalibrationWarning } from '../../quantization/calibration-check.ts';
import type { EqualizedPair } from '../../quantization/equalization.ts';
import type { Minimised } from '../../quantization/minimise/minimise.ts';

/** What quantization wrote and found. Plain data. */
export interface QuantizeResult {
  /** The table. */
  file: string;
  table: QuantizeTable;
  /** Calibration samples used; 0 when none were needed. */
  samples: number;
  /** NAME.quantize.json of a hybrid quantization. */
  network?: string;
  /** What is doubtful about the calibration data. */
  warnings: CalibrationWarning[];
  /** What the chip's NN cores can't do of the scheme, one sentence each. */
  chipNotes?: string[];
  /** Which scheme suits the model; absent when nothing was measured. */
  advice?: Advice;
  /** What `--cross-layer-equalization` did. */
  equalized?: EqualizedPair[];
  /** What `--MLE` or `--bias-correction` did. */
  minimised?: Pick<Minimised, 'kept' | 'dropped' | 'before' | 'after' | 'layers'>;
  /** The coefficient file with changed weights or biases, when there are some. */
  data?: string;
  /** What `--compute-entropy` measured, and where it wrote. */
  analysis?: AnalysisReport;
  entropy?: { entropy: string; analysis: string };
  /** What `--algorithm auto` tried and chose. */
  auto?: Pick<AutoResult, 'layers' | 'score' | 'reached' | 'interrupted' | 'trials'>;
}
