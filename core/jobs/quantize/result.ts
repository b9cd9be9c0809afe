import type { QuantizeTable } from '../../network/quantize-table.ts';

/** What quantization wrote. */
export interface QuantizeResult {
  /** The table. */
  file: string;
  table: QuantizeTable;
  /** Calibration samples used; 0 when the table held all that was needed. */
  samples: number;
  /** NAME.quantize.json of a hybrid quantization. */
  network?: string;
}
