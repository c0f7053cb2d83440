/** One shopper's visit: where he is, what he chose. In memory only; all of it is gone when nobody is here any more. */

import type { OfferOut } from '@core/api/kiosk.d.ts'
import { computed, reactive, ref } from 'vue'
import { countOf, put, sumOf } from '../data/cart.ts'
import type { CartLine } from '../data/cart.ts'
import { forgetLanguage, isFirstLanguage } from './i18n.ts'

export type View =
  | { readonly kind: 'start' }
  | { readonly kind: 'list', readonly categoryId: number | null }
  | { readonly kind: 'search', readonly text: string }
  | { readonly kind: 'product', readonly id: number, readonly skuId: number | null }
  | { readonly kind: 'guide', readonly id: number }
  | { readonly kind: 'cart' }

const START: View = { kind: 'start' }
export const visit = reactive<{ path: View[], lines: CartLine[], added: number }>({ path: [START], lines: [], added: 0 })
export const view = computed(() => visit.path.at(-1) ?? START)
export const pieces = computed(() => countOf(visit.lines))
export const total = computed(() => sumOf(visit.lines))
/** The code for the phone is shown. */
export const isHandingOver = ref(false)
/** Grows with every visit: what a screen keeps for itself is built anew. */
export const visits = ref(0)

export function show(next: View): void {
  visit.path = next.kind === 'start' ? [START] : [...visit.path.slice(-20), next]
}

export function back(): void {
  visit.path = visit.path.length > 1 ? visit.path.slice(0, -1) : [START]
}

/** Write down where somebody is, so that coming back finds it as it was. */
export function remember(here: View): void {
  visit.path = [...visit.path.slice(0, -1), here]
}

export function choose(offer: OfferOut, quantity: number): void {
  visit.lines = put(visit.lines, offer, quantity)
  visit.added += 1
}

export function change(skuId: number, quantity: number): void {
  visit.lines = quantity > 0
    ? visit.lines.map((line) => (line.offer.sku_id === skuId ? { ...line, quantity } : line))
    : visit.lines.filter((line) => line.offer.sku_id !== skuId)
}

export function isUntouched(): boolean {
  return visit.path.length === 1 && visit.lines.length === 0 && isFirstLanguage() && !isHandingOver.value
}

/** Begin anew: the next shopper finds nothing of the one before. */
export function beginAnew(): void {
  visit.path = [START]
  visit.lines = []
  visit.added = 0
  isHandingOver.value = false
  forgetLanguage()
  visits.value += 1
}
