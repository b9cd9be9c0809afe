/** One of the largest values of an output. */
export interface TopEntry {
  /** Class number: the element's index. */
  index: number;
  value: number;
}

/** The `count` largest values, largest first; the smaller index first among equals. */
export function topOf(values: ArrayLike<number>, count: number): TopEntry[] {
  const top: TopEntry[] = [];
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (top.length === count && !(value > top[count - 1].value)) continue;
    let place = top.length;
    while (place > 0 && value > top[place - 1].value) place--;
    top.splice(place, 0, { index, value });
    if (top.length > count) top.pop();
  }
  return top;
}
