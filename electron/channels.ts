/** Every message between the page's preload script and the main process; there are no others. */
export const CHANNELS = {
  /** Page → main: start a core. */
  connect: 'nibble:connect',
  /** Main → page: its port. */
  port: 'nibble:port',
  /** Page → main: show the open dialog; answers the chosen paths. */
  chooseModel: 'nibble:choose-model',
  /** Main → page: a menu item was chosen. */
  menu: 'nibble:menu',
} as const;

/** The page's scheme and host. */
export const PAGE_SCHEME = 'app';
export const PAGE_ORIGIN = `${PAGE_SCHEME}://studio`;
