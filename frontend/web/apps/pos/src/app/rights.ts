/** Members at the counter by one scan, and their coupons and points; all of it needs the server. */

import { watch } from 'vue'
import { Unreachable } from '@core/api/client.ts'
import type { CouponOut, FoundOut, MemberRightsOut, QuoteOut } from '@core/api/pos.d.ts'
import { couldBeCoupon, couldBeMemberCode, holding, NONE, quoteIn, quoteKey, toggled } from '../data/rights.ts'
import type { Chosen } from '../data/rights.ts'
import { rememberLately } from './advice.ts'
import { api } from './api.ts'
import { counter, cuts, isByServer } from './counter.ts'
import { told } from './faults.ts'
import type { Told } from './faults.ts'
import { named, t } from './i18n.ts'
import { findHere } from './members.ts'
import { till } from './till.ts'

const SOON_MS = 150
let timer = 0
let say: (what: Told) => void = () => undefined
let serve: (code: string) => void = () => undefined

/** Tell somebody what became of coupons that do not hold any more, and of one that is a service: it needs no sale. */
export function onRights(tell: (what: Told) => void, toService: (code: string) => void): void {
  say = tell
  serve = toService
}

/** What a text of a scanner or of the keyboard leads to: one member, members to choose from, or nobody. */
export async function identify(text: string): Promise<FoundOut[]> {
  if (!couldBeMemberCode(text) && !couldBeCoupon(text)) {
    try {
      return await api('post', '/api/pos/v1/members/search', { body: { text } })
    } catch (fault) {
      if (!(fault instanceof Unreachable)) throw fault
      return findHere(text)
    }
  }
  const { rights, coupon } = await api('post', '/api/pos/v1/rights/scan', { body: { text } })
  if (rights === null) return []
  setShopper(rights)
  if (coupon?.kind === 'service') serve(text)
  else if (coupon !== null && coupon.refusal !== null) {
    say({ title: t('rights.refused', { name: named(coupon) }), remedy: coupon.refusal_text })
  } else if (coupon !== null && !chosen().couponIds.includes(coupon.id)) {
    choose(toggled(chosen(), coupon.id))
  }
  return [{ member: rights.member, needs_confirmation: false, rights }]
}

export async function takeMember(found: FoundOut): Promise<void> {
  setShopper(found.rights ?? (await rightsOf(found.member.id)))
}

async function rightsOf(memberId: string): Promise<MemberRightsOut> {
  return api('get', '/api/pos/v1/members/{member_id}/rights', { path: { member_id: memberId } })
}

/** Ask once more what the member has: coupons come and go. */
export async function renewShopper(): Promise<void> {
  const known = counter.basket.shopper
  if (known === null) return
  const found = await rightsOf(known.member.id)
  if (counter.basket.shopper?.member.id === known.member.id) setShopper(found)
}

export function setShopper(rights: MemberRightsOut | null): void {
  if (rights !== null) rememberLately(rights.member.id, rights.bought_lately)
  const isSame = rights !== null && counter.basket.shopper?.member.id === rights.member.id
  counter.basket = {
    ...counter.basket,
    shopper: rights && {
      member: rights.member, tier: rights.tier, benefits: rights.benefits, points: rights.points.available, isNew: rights.is_new,
      coupons: rights.coupons, isCodeScanned: rights.code_scanned,
    },
    chosen: isSame ? chosen() : NONE,
    // An address is the member's own.
    ...(isSame ? {} : { way: undefined }),
  }
}

export function chosen(): Chosen {
  return counter.basket.chosen ?? NONE
}

/** Take a choice, with its price when that is known already. */
export function choose(wanted: Chosen, found: QuoteOut | null = null): void {
  counter.basket = { ...counter.basket, chosen: wanted }
  const isOfIt = found !== null && found.points.spent === wanted.points && found.coupons.filter((one) => one.chosen).length === wanted.couponIds.length
  if (isOfIt && holding(wanted, found) === wanted) counter.quote = { key: quoteKey(counter.basket, wanted, cuts.value), found }
}

/** Ask what the counter costs by a choice. */
export async function askQuote(wanted: Chosen): Promise<QuoteOut> {
  return api('post', '/api/pos/v1/quotes', { body: quoteIn(counter.basket, wanted, cuts.value) })
}

export function couponOf(id: string): CouponOut | undefined {
  return counter.basket.shopper?.coupons?.find((one) => one.id === id)
}

/** Keep the price by the chosen coupons and points true while goods come and go. */
async function renew(): Promise<void> {
  const wanted = chosen()
  if (!isByServer.value || !till.isReached) return
  const key = quoteKey(counter.basket, wanted, cuts.value)
  if (counter.quote?.key === key) return
  try {
    const found = await askQuote(wanted)
    if (quoteKey(counter.basket, chosen(), cuts.value) !== key) return
    const held = holding(wanted, found)
    if (held !== wanted) {
      const gone = found.coupons.find((one) => one.chosen && !one.usable)
      say({ title: t('rights.dropped'), remedy: gone?.text ?? t('rights.points_most', { points: found.points.most }) })
      choose(held)
      return
    }
    counter.quote = { key, found }
  } catch (fault) {
    if (till.isReached) say(told(fault))
  }
}

/** After the server's refusal of an amount: ask again. */
export function forgetQuote(): void {
  counter.quote = null
  void renew()
}

watch(() => [counter.basket, till.isReached], () => {
  window.clearTimeout(timer)
  timer = window.setTimeout(() => void renew(), SOON_MS)
})
