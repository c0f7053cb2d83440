/**
 * What the customer's display shows, and how the two windows find each other: one channel per till, and a lock that the till
 * holds as long as it lives. A window that dies lets go of its lock, whatever happened to it; no clock is asked.
 */

/** `closed`: nobody works here; `idle`: the next customer may come; `asking`: a wallet is being asked. */
export type Scene = 'closed' | 'idle' | 'basket' | 'pay' | 'asking' | 'thanks'

export interface ShownLine {
  readonly key: string
  readonly name: string
  readonly image: string
  /** "2 盒" or "0.525 kg". */
  readonly quantity: string
  readonly unit: string
  readonly listFen: number
  readonly netFen: number
  readonly labels: readonly string[]
  readonly isGift: boolean
}

/** A person's masked name at the most: customers stand in a queue and read along. */
export interface Shown {
  readonly scene: Scene
  readonly language: 'zh' | 'en'
  readonly lines: readonly ShownLine[]
  readonly goodsFen: number
  readonly offers: readonly { readonly name: string, readonly fen: number }[]
  readonly payableFen: number
  readonly member: { readonly name: string, readonly tier: string } | null
  /** What the purchase would earn; `null`: nobody, or not known. */
  readonly points: number | null
  /** How it is paid now; empty before that is chosen. */
  readonly way: string
  readonly givenFen: number
  readonly changeFen: number
  /** The code of the receipt; empty without one. */
  readonly receipt: string
}

/** A display asks for what is shown; the till says it with every change. */
export type Message = { readonly kind: 'hello' } | { readonly kind: 'shown', readonly shown: Shown }

export const NOTHING: Omit<Shown, 'scene' | 'language'> = {
  lines: [], goodsFen: 0, offers: [], payableFen: 0, member: null, points: null, way: '', givenFen: 0, changeFen: 0, receipt: '',
}

export function channelName(deviceId: string): string {
  return `quanyu-pos-display:${deviceId}`
}

export function lockName(deviceId: string): string {
  return `quanyu-pos-till:${deviceId}`
}

/** So long a customer may look at change and code once the cashier has gone on without anything new. */
export const THANKS_MS = 20_000

/** Return whether the thanks stay although the till has nothing to show any more. */
export function staysThanking(before: Shown | null, now: Shown): boolean {
  return before?.scene === 'thanks' && now.scene === 'idle'
}
