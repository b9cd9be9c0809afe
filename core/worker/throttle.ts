/** Milliseconds between two progress messages: a screen shows no more. */
const INTERVAL = 33;

/**
 * Lets at most ~30 calls a second through. The last one of a burst is not kept back: whoever reports the
 * end of a job does so by the job's result.
 */
export function throttle<A extends unknown[]>(call: (...args: A) => void, now = () => performance.now()) {
  let last = -Infinity;
  return (...args: A): void => {
    const time = now();
    if (time - last < INTERVAL) return;
    last = time;
    call(...args);
  };
}
