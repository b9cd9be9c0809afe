// Programs that npm does not bring: finds them, installs Debian's packages where that is allowed.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Installs a Debian package as root on Debian or Ubuntu; false where that is not possible. */
function aptInstall(name, purpose) {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false;
  console.log(`Installing ${name} for ${purpose} (apt-get)...`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env });
  const words = ['install', '-y', '-qq', '--no-install-recommends', name];
  return spawnSync('apt-get', words, { stdio: 'inherit', env }).status === 0;
}

/** Makes sure that case code can be compiled: `make`, which its makefiles need. */
export function ensureMake() {
  const found = () => spawnSync('make', ['--version'], { stdio: 'ignore' }).status === 0;
  if (found() || (aptInstall('make', "the case code's makefile") && found())) return;
  console.error('Compiling case code needs make: install it (Debian, Ubuntu: sudo apt-get install make).');
}

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];
const FOLDERS = ['/usr/bin', '/usr/local/bin', '/snap/bin'];
const APPLICATIONS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** Path of a Chromium, or undefined. `CHROMIUM` in the environment wins. */
function findBrowser() {
  const candidates = [
    process.env.CHROMIUM,
    ...FOLDERS.flatMap((folder) => NAMES.map((name) => `${folder}/${name}`)),
    ...APPLICATIONS,
  ];
  return candidates.find((path) => path && existsSync(path));
}

/** A Chromium, installed with apt where this runs as root on Debian or Ubuntu; else says what to run. */
export function ensureBrowser() {
  const found = findBrowser();
  if (found) return found;
  aptInstall('chromium', 'the end-to-end tests');
  const installed = findBrowser();
  if (!installed) {
    console.error('The end-to-end tests need Chromium. Install it and run this again:');
    console.error('  Debian, Ubuntu:  sudo apt-get install chromium');
    console.error('  elsewhere:       install Chrome or Chromium, or set CHROMIUM to its program file');
  }
  return installed;
}
