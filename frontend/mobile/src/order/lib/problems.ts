/** What would refuse an order, in the shopper's words; codes that are not known here are told as a whole. */
import { t, type Key } from '@/i18n'

const TEXTS: Readonly<Record<string, Key>> = {
  'inventory.stock_short': 'order.problem.short',
  'checkout.not_for_sale': 'order.problem.notSold',
  'checkout.delivery_not_offered': 'order.problem.way',
  'checkout.address_missing': 'order.problem.address',
  'checkout.out_of_radius': 'order.problem.radius',
  'checkout.pickup_slot_full': 'order.problem.slot',
  'checkout.pickup_slot_gone': 'order.problem.slot',
  'checkout.gift_not_offered': 'order.problem.gift',
  'checkout.wish_invalid': 'order.problem.slot',
  'checkout.coupon_refused': 'order.problem.coupon',
  'checkout.points_refused': 'order.problem.points',
}

export function problemText(code: string): string {
  const key = TEXTS[code]
  return key === undefined ? t('order.problem.other') : t(key)
}
