/** The keyboard at the till: one deed a key. */

export const KEYS = {
  help: '?', search: 'F2', quantity: 'F3', member: 'F4', discount: 'F5', hold: 'F6', recall: 'F7', cash: 'F8', card: 'F9', menu: 'F10', wechat: 'F11', alipay: 'F12',
  remove: 'Delete',
} as const

export type Deed = keyof typeof KEYS

const DEEDS = new Map<string, Deed>(Object.entries(KEYS).map(([deed, key]) => [key, deed as Deed]))

export function deedOf(event: KeyboardEvent): Deed | null {
  if (event.ctrlKey || event.altKey || event.metaKey) return null
  return DEEDS.get(event.key) ?? null
}
