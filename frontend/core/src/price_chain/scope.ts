/** Where and for whom a right holds, and which lines it covers: one reading for campaigns and coupons. See scope.py. */

import type { Basket, BasketLine, Reason, Scope } from './contracts/index.ts'

/** Return why nothing in this basket is in the scope, or `null`. `tiers` narrow those of the scope. */
export function refusal(scope: Scope, basket: Basket, tiers: readonly string[] = []): Reason | null {
  if (isOutside(scope.channels, [basket.channel])) return 'not_in_channel'
  if (isOutside(scope.unit_ids, [basket.store_id, ...basket.store_path])) return 'not_in_store'
  const { member } = basket
  if (member === null) {
    return scope.members_only || scope.tiers.length > 0 || tiers.length > 0 ? 'members_only' : null
  }
  return isOutside(scope.tiers, [member.tier]) || isOutside(tiers, [member.tier]) ? 'tier_too_low' : null
}

/** Tell whether the scope has the line's goods; those of the points mall are in none. */
export function covers(scope: Scope, line: BasketLine): boolean {
  if (line.offer !== null || scope.excluded_sku_ids.includes(line.sku_id)) return false
  if (scope.sku_ids.length === 0 && scope.category_ids.length === 0) return true
  return scope.sku_ids.includes(line.sku_id) || line.category_path.some((id) => scope.category_ids.includes(id))
}

/** Tell whether some are named and none of the present ones is among them. */
function isOutside<T>(named: readonly T[], present: readonly T[]): boolean {
  return named.length > 0 && !present.some((each) => named.includes(each))
}
