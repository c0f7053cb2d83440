/**
 * A scanner types: a burst of keys that ends with Enter. Fast enough to be no person, slow enough for a busy machine.
 * Other keys are left alone; what a burst typed into a field is taken out of it again.
 */

export const GAP_MS = 120
export const LEAST = 6

export interface Key {
  readonly key: string
  readonly at: number
}

/** Collects keys; `feed` returns the code when a burst has ended. */
export class Wedge {
  private burst = ''
  private last = Number.NEGATIVE_INFINITY

  constructor(private readonly gapMs = GAP_MS, private readonly least = LEAST) {}

  feed({ key, at }: Key): string | null {
    const gap = at - this.last
    if (gap > this.gapMs) this.clear()
    this.last = at
    if (key === 'Enter') {
      const code = this.burst
      this.clear()
      return code.length >= this.least ? code : null
    }
    if (key.length === 1) this.burst += key
    return null
  }

  private clear(): void {
    this.burst = ''
  }
}

/** Listen on a window; `scanned` tells whether it took the code, then the field has it no longer. */
export function listen(target: Window, scanned: (code: string) => boolean): () => void {
  const wedge = new Wedge()
  const heard = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return
    const code = wedge.feed({ key: event.key, at: event.timeStamp })
    if (code === null || !scanned(code)) return
    event.preventDefault()
    event.stopPropagation()
    takeOut(event.target, code)
  }
  target.addEventListener('keydown', heard, true)
  return () => target.removeEventListener('keydown', heard, true)
}

function takeOut(field: EventTarget | null, code: string): void {
  if (!(field instanceof HTMLInputElement) || !field.value.endsWith(code)) return
  field.value = field.value.slice(0, -code.length)
  field.dispatchEvent(new Event('input', { bubbles: true }))
}
