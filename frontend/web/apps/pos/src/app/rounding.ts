/** Rounding the amount at this till: what may be taken off, and the counter as it is then. */

import { computed } from 'vue'
import type { QuoteOut } from '@core/api/pos.d.ts'
import { cutsIn, quote } from '../data/basket.ts'
import type { Basket } from '../data/basket.ts'
import { NONE, isChosen, quoteIn, quoteKey } from '../data/rights.ts'
import { isRounded, roundingOf, roundOff, STEPS, unrounded } from '../data/rounding.ts'
import type { NotRounded, Step } from '../data/rounding.ts'
import { api } from './api.ts'
import { counter, cuts, payableFen } from './counter.ts'
import { goods, may, now, till } from './till.ts'

/** Off a sale without asking anybody; 0: rounding is not offered. Who may give any discount may round to any step. */
export const mostFen = computed(() => {
  const most = till.rules?.rounding_off_fen ?? 0
  return most > 0 && may('pos.discount') ? Number.MAX_SAFE_INTEGER : most
})
export const roundedBy = computed<Step | null>(() => (isRounded(counter.basket) ? counter.basket.rounding!.step : null))
/** What is rounded off now, in fen. */
export const roundedFen = computed(() => roundingOf(cuts.value))

/** The steps that would change the amount; the one that was chosen stays. With a way to the customer nothing is rounded. */
export const offered = computed<Step[]>(() => {
  if (mostFen.value === 0 || counter.basket.way !== undefined) return []
  const plainFen = payableFen.value + roundedFen.value
  return STEPS.filter((step) => step === roundedBy.value || (plainFen >= step && plainFen % step !== 0 && plainFen % step <= mostFen.value))
})

/** Make the amount round, or (`step` null) as it was. Returns why it is not; throws when the server does not answer. */
export async function round(step: Step | null): Promise<NotRounded | null> {
  if (step === null || step === roundedBy.value) {
    counter.basket = unrounded(counter.basket)
    return null
  }
  const before = counter.basket
  let found: QuoteOut | null = null
  const rounded = await roundOff(before, step, mostFen.value, async (basket) => {
    if (!isChosen(basket.chosen)) return quote(basket, goods.value, till.rules!, now()).payable_fen
    found = await api('post', '/api/pos/v1/quotes', { body: quoteIn(basket, basket.chosen ?? NONE, cutsFor(basket)) })
    return found.payable_fen
  })
  if (typeof rounded === 'string') return rounded
  // Something else lies there by now: it is another amount.
  if (counter.basket !== before) return 'never'
  counter.basket = rounded
  if (found !== null) counter.quote = { key: quoteKey(rounded, rounded.chosen ?? NONE, cutsFor(rounded)), found }
  return null
}

function cutsFor(basket: Basket): ReturnType<typeof cutsIn> {
  return cutsIn(basket, goods.value, till.rules!, now())
}
