/** The cart's lines by store, and which of them can go to the checkout. */
import type { CartLineOut } from '@core/api/mall'

export interface StoreGroup {
  readonly store_id: number
  readonly store_name: string
  readonly store_name_en: string
  readonly lines: CartLineOut[]
}

export function byStore(lines: readonly CartLineOut[]): StoreGroup[] {
  const groups = new Map<number, StoreGroup>()
  for (const line of lines) {
    const group = groups.get(line.store_id) ?? { store_id: line.store_id, store_name: line.store_name, store_name_en: line.store_name_en, lines: [] }
    group.lines.push(line)
    groups.set(line.store_id, group)
  }
  return [...groups.values()]
}

/** A line that is short can be bought once less of it is wanted; the others cannot be bought here now. */
export const canBuy = (line: CartLineOut): boolean => line.fault === null || line.fault === 'short'

/** Return `sku:quantity` pairs for the checkout's address. */
export function linesParameter(lines: readonly CartLineOut[]): string {
  return lines.map((line) => `${line.sku_id}:${line.quantity}`).join(',')
}

/** Return the lines of a checkout's address; what is no pair of positive integers is left out. */
export function linesOf(parameter: string): Array<{ sku_id: number; quantity: number; points_offer_id?: number }> {
  return parameter
    .split(',')
    .map((pair) => pair.split(':').map(Number))
    .filter((pair) => pair.length >= 2 && pair.every((part) => Number.isSafeInteger(part) && part > 0))
    .map(([sku, quantity, offer]) => ({ sku_id: sku!, quantity: quantity!, ...(offer === undefined ? {} : { points_offer_id: offer }) }))
}
