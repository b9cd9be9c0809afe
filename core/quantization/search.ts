/** One point of the trade-off curve. */
export interface SearchPoint {
  /** Groups of layers in the wider format, by index in the ranking. */
  groups: readonly number[];
  score: number;
}

/** What {@link searchGroups} found. */
export interface SearchResult {
  best: SearchPoint;
  /** Whether `best` reaches the target. */
  reached: boolean;
  /** Whether it was stopped early: `best` is then the best so far. */
  interrupted: boolean;
  /** Every set that was tried, in that order. */
  curve: SearchPoint[];
}

/** What {@link searchGroups} needs. */
export interface SearchOptions {
  /** Number of groups of layers, ranked: group 0 is the most likely culprit. */
  groups: number;
  /** The score to reach; higher is better. */
  target: number;
  /** Score of the network with these groups in the wider format; may throw when the signal stops it. */
  score(groups: readonly number[]): Promise<number>;
  /** Stops the search and keeps the best so far. */
  signal: AbortSignal;
  onPoint(point: SearchPoint): void;
}

/** More trials than this no longer pay for the groups they may save. */
const MAX_PRUNE = 48;

/**
 * The fewest groups whose wider format reaches the target: the shortest prefix of the ranking that does (found by
 * doubling, then halving), less every group in it that turns out to be dispensable, least suspicious first. A network
 * that reaches the target with no group, or not even with all of them, is answered after one or a few trials.
 */
export async function searchGroups(options: SearchOptions): Promise<SearchResult> {
  const search = new Search(options);
  await search.shortestPrefix();
  await search.prune();
  return search.result();
}

class Search {
  private readonly options: SearchOptions;
  private readonly curve: SearchPoint[] = [];

  constructor(options: SearchOptions) {
    this.options = options;
  }

  private get interrupted(): boolean {
    return this.options.signal.aborted;
  }

  private async reaches(groups: readonly number[]): Promise<boolean> {
    if (this.interrupted) return false;
    const score = await this.scored(groups);
    if (score === undefined) return false;
    const point = { groups: [...groups], score };
    this.curve.push(point);
    this.options.onPoint(point);
    return point.score >= this.options.target;
  }

  /** Undefined when the trial was stopped on its way. */
  private async scored(groups: readonly number[]): Promise<number | undefined> {
    try {
      return await this.options.score(groups);
    } catch (error) {
      if (this.interrupted) return undefined;
      throw error;
    }
  }

  async shortestPrefix(): Promise<void> {
    const { groups } = this.options;
    const prefix = (count: number) => Array.from({ length: count }, (_, index) => index);
    if (await this.reaches([])) return;
    let failed = 0;
    let count = Math.min(1, groups);
    while (count > failed && !(await this.reaches(prefix(count)))) {
      if (this.interrupted || count === groups) return;
      failed = count;
      count = Math.min(groups, 2 * count);
    }
    while (count - failed > 1 && !this.interrupted) {
      const middle = Math.floor((failed + count) / 2);
      if (await this.reaches(prefix(middle))) count = middle;
      else failed = middle;
    }
  }

  async prune(): Promise<void> {
    let { groups: kept, score } = this.best();
    if (score < this.options.target) return;
    // The last one is needed: without it the prefix failed.
    const candidates = kept.slice(0, -1).reverse().slice(0, MAX_PRUNE);
    for (const group of candidates) {
      const without = kept.filter((other) => other !== group);
      if (this.interrupted) return;
      if (await this.reaches(without)) kept = without;
    }
  }

  /** The smallest set that reaches the target, else the highest score. */
  private best(): SearchPoint {
    const { target } = this.options;
    return this.curve.reduce(
      (best, point) => {
        const [was, is] = [best.score >= target, point.score >= target];
        if (was !== is) return is ? point : best;
        if (is && point.groups.length !== best.groups.length) {
          return point.groups.length < best.groups.length ? point : best;
        }
        return point.score > best.score ? point : best;
      },
      this.curve.at(0) ?? { groups: [], score: -Infinity },
    );
  }

  result(): SearchResult {
    const best = this.best();
    return {
      best,
      reached: best.score >= this.options.target,
      interrupted: this.interrupted,
      curve: this.curve,
    };
  }
}
