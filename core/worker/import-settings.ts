import type { Framework } from '../importers/formats.ts';
import type { ImportOptions } from '../importers/options.ts';
import { StudioError } from '../network/errors.ts';
import type { SettingView } from './contract-model.ts';

/** An option that only one framework's importer has. */
export interface ImportSetting extends SettingView {
  /** What the importer is told. @throws StudioError 'usage' when the text makes no sense */
  options(value: string): Partial<ImportOptions>;
}

/** Those of the frameworks that have some. Options about files are missing: files are given, not named. */
export const IMPORT_SETTINGS: Partial<Readonly<Record<Framework, readonly ImportSetting[]>>> = {
  caffe: [
    {
      key: 'proto',
      label: 'Dialect',
      help: 'Order of the coefficients of LSTM layers: that of Caffe, or of the fork that had them first.',
      choices: ['caffe', 'lstm_caffe'],
      options: (value) => ({ caffeProto: oneOf('Dialect', value, ['caffe', 'lstm_caffe'] as const) }),
    },
  ],
};

function oneOf<T extends string>(label: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined)
    throw new StudioError('usage', `${label} is "${value}", not one of ${allowed.join(', ')}`);
  return found;
}

/** What an importer is told of the settings that were chosen; those that it does not have are left out. */
export function settingOptions(
  settings: readonly ImportSetting[],
  chosen: Readonly<Record<string, string>>,
): Partial<ImportOptions> {
  let options: Partial<ImportOptions> = {};
  for (const setting of settings) {
    const { key } = setting;
    if (Object.hasOwn(chosen, key)) options = { ...options, ...setting.options(chosen[key]) };
  }
  return options;
}
