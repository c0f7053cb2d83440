/** Nobody has touched the screen for a while: warn, count down, begin anew. Any touch says that somebody is here. */

export const WARNING_S = 10

export interface Idle {
  /** The seconds that are left; `null`: no warning. */
  warned(left: number | null): void
  ended(): void
  /** With nothing to forget nobody is warned; it just went on resting. */
  rested(): void
  isUntouched(): boolean
}

export class IdleWatch {
  private timer: ReturnType<typeof setTimeout> | null = null
  private left: number | null = null

  constructor(private readonly idle: Idle, private seconds: number) {}

  /** Somebody is here. */
  touched(): void {
    if (this.left !== null) this.idle.warned((this.left = null))
    this.wait()
  }

  wants(seconds: number): void {
    this.seconds = seconds
    this.touched()
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer)
    this.timer = null
  }

  private wait(): void {
    this.stop()
    this.timer = setTimeout(() => this.warn(WARNING_S), (this.seconds - WARNING_S) * 1000)
  }

  private warn(left: number): void {
    if (this.idle.isUntouched()) {
      this.idle.rested()
      return this.wait()
    }
    if (left === 0) {
      this.idle.warned((this.left = null))
      this.idle.ended()
      return this.wait()
    }
    this.idle.warned((this.left = left))
    this.timer = setTimeout(() => this.warn(left - 1), 1000)
  }
}
