/** Random input that is the same in every run: mulberry32, thirty-two bits of state. */
export class Seeded {
  private state: number

  constructor(seed: number) {
    this.state = seed
  }

  /** Return an integer from `least` to `most`, both included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1))
  }

  /** Return one of the values. */
  pick<T>(values: readonly T[]): T {
    return values[this.integer(0, values.length - 1)] as T
  }

  /** Return as many values as asked for. */
  times<T>(count: number, make: (index: number) => T): T[] {
    return Array.from({ length: count }, (_, index) => make(index))
  }

  /** Return the values in another order. */
  shuffled<T>(values: readonly T[]): T[] {
    return values
      .map((value) => ({ value, rank: this.fraction() }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ value }) => value)
  }

  private fraction(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
