/** How often things happened: what was done to the cluster, and which rare paths it took. */
export class Counters {
  readonly counts = new Map<string, number>();

  add(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by);
  }

  of(what: string): number {
    return this.counts.get(what) ?? 0;
  }

  addAll(other: Counters): void {
    for (const [what, count] of other.counts) this.add(what, count);
  }
}
