import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder for the program's own settings; NIBBLE_STUDIO_DATA names another one. */
export function userDataFolder(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  const given = env['NIBBLE_STUDIO_DATA'];
  if (given !== undefined && given !== '') return given;
  if (platform === 'darwin') return join(home, 'Library/Application Support/nibble-studio');
  if (platform === 'win32') return join(env['APPDATA'] ?? join(home, 'AppData/Roaming'), 'nibble-studio');
  return join(env['XDG_DATA_HOME'] ?? join(home, '.local/share'), 'nibble-studio');
}
