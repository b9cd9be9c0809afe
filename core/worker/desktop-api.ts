/** What the desktop shell adds to the page: `window.nibbleDesktop`, put there by the preload script. */
export interface DesktopApi {
  /** Asks for a core; the port arrives as a window message {@link PORT_MESSAGE}. */
  connect(): void;
  /** The path of a dropped or picked file. */
  pathOf(file: File): string;
  /** Shows the native open dialog; an empty list when it was dismissed. */
  chooseModel(): Promise<string[]>;
  /** Called when the menu asks for something. */
  onMenu(handle: (command: MenuCommand) => void): void;
}

/** Commands of the native menu that the page carries out. */
export type MenuCommand = 'open' | 'find' | 'fit';

/** Data of the window message that brings the core's port. */
export const PORT_MESSAGE = 'nibble-core-port';
