/**
 * Link 5: campaigns. One by one, the highest priority first, then the larger saving, then the lower id. See campaigns.py.
 *
 * The lines of a campaign are gone for the others, unless it combines (`stacks`): a line enters one campaign at most
 * that does not. Each campaign sees what those before it left of the lines.
 */

import { isWithin } from '../moment.ts'
import { bundle } from './bundle.ts'
import type { Campaign, CampaignKind, DiscountKind, NotApplied, Reason } from './contracts/index.ts'
import type { Draft, DraftLine } from './draft.ts'
import { newCustomer } from './new_customer.ts'
import { nthItem } from './nth_item.ts'
import { isLack, lack } from './offer.ts'
import type { Kind, Lack, Offer } from './offer.ts'
import { covers, refusal } from './scope.ts'
import { thresholdGift, thresholdOff } from './threshold.ts'

const KINDS: Readonly<Record<CampaignKind, Kind>> = {
  threshold: thresholdOff,
  gift: thresholdGift,
  nth: nthItem,
  bundle,
  new_customer: newCustomer,
}
// A campaign's kind is the kind of its discount.
const DISCOUNTS: Readonly<Record<CampaignKind, DiscountKind>> = {
  threshold: 'threshold', gift: 'gift', nth: 'nth', bundle: 'bundle', new_customer: 'new_customer',
}

interface Waiting {
  readonly campaign: Campaign
  readonly lines: readonly DraftLine[]
}

interface Candidate {
  readonly campaign: Campaign
  readonly offer: Offer
}

/** Apply the campaigns, and say of every other one why it does not apply. */
export function campaigns(draft: Draft): void {
  let waiting: Waiting[] = []
  const lacks: { campaign: Campaign; lack: Lack }[] = []
  for (const campaign of draft.basket.campaigns) {
    const reason = whyNot(campaign, draft)
    const lines = reason === null ? covered(campaign, draft) : []
    if (lines.length > 0) waiting.push({ campaign, lines })
    else lacks.push({ campaign, lack: lack(reason ?? 'no_matching_goods') })
  }
  let could: Set<number> | null = null
  while (waiting.length > 0) {
    const answers = waiting.map((each) => ({ campaign: each.campaign, answer: answerOf(each, draft) }))
    const candidates = answers.flatMap(({ campaign, answer }) =>
      answer === null || isLack(answer) ? [] : [{ campaign, offer: answer }],
    )
    could ??= new Set(candidates.map(({ campaign }) => campaign.id))
    const best = bestOf(candidates)
    if (best === null) {
      for (const { campaign, answer } of answers) {
        lacks.push({ campaign, lack: lackOf(answer, could.has(campaign.id) && !campaign.stacks) })
      }
      break
    }
    take(best, draft)
    waiting = waiting.filter(({ campaign }) => campaign.id !== best.campaign.id)
  }
  lacks.sort((a, b) => a.campaign.id - b.campaign.id)
  draft.notApplied.push(...lacks.map((each) => notApplied(each.campaign, each.lack)))
}

/** Return what the campaign does with the lines it may still enter; `null` when there are none. */
function answerOf({ campaign, lines }: Waiting, draft: Draft): Offer | Lack | null {
  const free = campaign.stacks ? lines : lines.filter((line) => !line.isTaken)
  return free.length > 0 ? KINDS[campaign.kind](campaign, free, draft) : null
}

/** Say what a campaign lacks; one that could have applied to the whole basket lost its lines to a better one. */
function lackOf(answer: Offer | Lack | null, isLost: boolean): Lack {
  if (answer !== null && isLack(answer) && (!isLost || answer.reason === 'gift_gone')) return answer
  return lack('better_offer')
}

function bestOf(candidates: readonly Candidate[]): Candidate | null {
  return candidates.reduce<Candidate | null>((best, each) => (best === null || outranks(each, best) ? each : best), null)
}

function outranks(one: Candidate, other: Candidate): boolean {
  if (one.campaign.priority !== other.campaign.priority) return one.campaign.priority > other.campaign.priority
  if (one.offer.savingFen !== other.offer.savingFen) return one.offer.savingFen > other.offer.savingFen
  return one.campaign.id < other.campaign.id
}

function take({ campaign, offer }: Candidate, draft: Draft): void {
  const { code: source, name: label, shares } = campaign
  const { thresholdFen } = offer
  for (const line of offer.lines) {
    line.isInCampaign = true
    line.isTaken ||= !campaign.stacks
  }
  if (offer.gift !== null) {
    draft.gifts.push({ ...offer.gift, source, label, shares, thresholdFen })
    return
  }
  const kind = DISCOUNTS[campaign.kind]
  draft.take(offer.lines, offer.savingFen, { kind, source, label, shares, thresholdFen, parts: offer.parts })
}

/** Return why the campaign holds for nothing in this basket, or `null`. */
function whyNot(campaign: Campaign, { basket, moment }: Draft): Reason | null {
  if (!campaign.is_active || !isWithin(campaign.period, moment)) return 'not_in_period'
  const reason = refusal(campaign.scope, basket)
  if (reason !== null || campaign.kind !== 'new_customer') return reason
  return basket.member?.is_new === true ? null : 'new_customers_only'
}

function covered({ scope, items }: Campaign, draft: Draft): DraftLine[] {
  const lines = draft.lines.filter((line) => covers(scope, line.line))
  if (items.length === 0) return lines
  const named = items.map((item) => item.sku_id)
  return lines.filter((line) => named.includes(line.line.sku_id))
}

function notApplied(campaign: Campaign, { reason, params }: Lack): NotApplied {
  return { source: campaign.code, label: campaign.name, reason, params }
}
