/** The build of msgpackr that makes no code at run time, which the page's policy forbids; it has no types of its own. */
declare module 'msgpackr/index-no-eval' {
  export { Packr } from 'msgpackr';
}
