/** How a face that has only text shows the result of a job. */
export interface Shown<Result> {
  /** For people, several lines; absent when the log says all. */
  text?(result: Result): string;
  /** For machines; absent when the result itself is what they need. */
  json?(result: Result): unknown;
  /** Whether the result is bad news, so that a script stops: exit code 1. */
  failed?(result: Result): boolean;
}
