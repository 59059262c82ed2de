/** How fast counters grow, over the last few seconds. */

const windowMilliseconds = 5000;

export class Rate {
  readonly #points: { milliseconds: number; count: number }[] = [];

  /** Takes the counter as it stands now and gives its growth per second. */
  perSecond(count: number, milliseconds: number): number {
    this.#points.push({ milliseconds, count });
    // One point from before the window stays: the window is not to be shorter than the time between two points.
    while (this.#points.length > 2 && (this.#points[1]?.milliseconds ?? 0) <= milliseconds - windowMilliseconds) {
      this.#points.shift();
    }
    const first = this.#points[0];
    if (first === undefined || first.milliseconds === milliseconds) return 0;
    return ((count - first.count) * 1000) / (milliseconds - first.milliseconds);
  }
}
