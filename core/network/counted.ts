/** A number with its noun, as a sentence has it: "1 layer", "3 layers". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
