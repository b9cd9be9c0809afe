import { exportOvxlibOptions } from '../jobs/export-options.ts';
import { optionSpecs } from '../jobs/options.ts';
import { StudioError } from '../network/errors.ts';
import type { OptionView } from './contract-project.ts';

/** Options that name the project's files or its chip are the core's business; the reserved ones do nothing. */
const exportForm = exportOvxlibOptions
  .omit({
    model: true,
    modelData: true,
    modelQuantize: true,
    withInputMeta: true,
    outputPath: true,
    optimize: true,
    postprocessFile: true,
    buildPlatform: true,
    customerLids: true,
    customerOps: true,
  })
  .strict();

/** What was asked for; nothing that was not. */
export type ExportForm = Partial<ReturnType<typeof exportForm.parse>>;

/** What an export is where nothing is asked for. */
export function exportDefaults(quantized: boolean): ExportForm {
  return { dtype: quantized ? 'quantized' : 'float16', selfTest: true };
}

/**
 * The options as the form shows them.
 * @param quantized whether the project has a quantize table
 * @param paths whether the page may name folders
 */
export function exportOptionViews(quantized: boolean, paths: boolean): OptionView[] {
  const defaults: Record<string, unknown> = { ...exportForm.parse({}), ...exportDefaults(quantized) };
  return optionSpecs(exportForm)
    .filter(({ key }) => paths || key !== 'vivSdk')
    .map((spec) => {
      const value = defaults[spec.key];
      const plain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
      return { ...spec, default: plain ? value : null };
    });
}

/** @throws StudioError 'usage' */
export function checkExportForm(options: unknown, quantized: boolean, paths: boolean): ExportForm {
  const result = exportForm.partial().safeParse(options);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new StudioError('usage', `${issue.path.map(String).join('.')}: ${issue.message}`);
  }
  const asked = typeof options === 'object' && options !== null ? Object.keys(options) : [];
  if (!paths && asked.includes('vivSdk')) {
    throw new StudioError('usage', 'this studio packs for the simulator only: it takes no folder of an SDK');
  }
  const given = Object.entries(result.data).filter(([key]) => asked.includes(key));
  return { ...exportDefaults(quantized), ...Object.fromEntries(given) };
}
