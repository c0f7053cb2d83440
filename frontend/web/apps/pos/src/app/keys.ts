/** The keyboard at the till: one deed a key. */

export const KEYS = {
  help: '?', aisle: 'F1', search: 'F2', quantity: 'F3', member: 'F4', discount: 'F5', hold: 'F6', recall: 'F7', cash: 'F8', card: 'F9', menu: 'F10', wechat: 'F11', alipay: 'F12',
  remove: 'Delete', serve: 'PageDown',
  // The row above Delete, from left to right, and the key beside it: nothing that a scanner types.
  advice1: 'Insert', advice2: 'Home', advice3: 'PageUp', dismiss: 'End',
} as const

export type Deed = keyof typeof KEYS

/** The keys of the pieces of advice, by their places. */
export const ADVICE_DEEDS: readonly Deed[] = ['advice1', 'advice2', 'advice3']
/** Keys that belong to the text while one is typed. */
export const OF_THE_TEXT: readonly Deed[] = ['help', 'remove', 'dismiss', ...ADVICE_DEEDS]

const LABELS: Record<string, string> = { Delete: 'Del', Insert: 'Ins', PageUp: 'PgUp', PageDown: 'PgDn' }

/** Return what stands on a deed's key. */
export function keyLabel(deed: Deed): string {
  return LABELS[KEYS[deed]] ?? KEYS[deed]
}

const DEEDS = new Map<string, Deed>(Object.entries(KEYS).map(([deed, key]) => [key, deed as Deed]))

export function deedOf(event: KeyboardEvent): Deed | null {
  if (event.ctrlKey || event.altKey || event.metaKey) return null
  return DEEDS.get(event.key) ?? null
}
