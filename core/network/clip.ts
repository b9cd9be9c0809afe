/** Text of a file inside a message: long texts are cut, so that a hostile file cannot flood a log. */
export function clipped(text: string, limit = 300): string {
  return text.length > limit ? `${text.slice(0, limit)}...` : text;
}
