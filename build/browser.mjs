// Finds a Chromium for the end-to-end tests; installs Debian's where that is allowed.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];
const FOLDERS = ['/usr/bin', '/usr/local/bin', '/snap/bin'];
const APPLICATIONS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** Path of a Chromium, or undefined. `CHROMIUM` in the environment wins. */
export function findBrowser() {
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
  const isRoot = process.getuid?.() === 0;
  if (isRoot && existsSync('/usr/bin/apt-get')) {
    console.log('Installing Chromium for the end-to-end tests (apt-get)...');
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env });
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
      stdio: 'inherit',
      env,
    });
  }
  const installed = findBrowser();
  if (!installed) {
    console.error('The end-to-end tests need Chromium. Install it and run this again:');
    console.error('  Debian, Ubuntu:  sudo apt-get install chromium');
    console.error('  elsewhere:       install Chrome or Chromium, or set CHROMIUM to its program file');
  }
  return installed;
}
