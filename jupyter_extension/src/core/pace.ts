/** How fast jobs end, and when the rest will have ended. */

const WINDOW = 60_000;
/** Below this many ends a rate says nothing. */
const ENOUGH = 3;

export class Pace {
  private ends: number[] = [];

  /** Note that a job has ended, at a time in milliseconds. */
  note(moment: number): void {
    this.ends.push(moment);
    if (this.ends.length > 20_000) this.ends = this.ends.slice(-10_000);
  }

  clear(): void {
    this.ends = [];
  }

  /** Return jobs per second over the last minute, or over the last few ends when they are slow; null if unknown. */
  perSecond(now: number): number | null {
    if (this.ends.length < ENOUGH) return null;
    this.ends.sort((one, other) => one - other);
    const recent = this.ends.filter((end) => end > now - WINDOW);
    const used = recent.length >= ENOUGH ? recent : this.ends.slice(-ENOUGH - 1);
    const span = Math.max(now, used[used.length - 1]!) - used[0]!;
    return span > 0 ? (used.length - 1) / (span / 1000) : null;
  }
}
