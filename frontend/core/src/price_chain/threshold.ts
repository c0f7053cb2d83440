/**
 * Link 4: threshold discounts (满减): spend so much on these products, pay so much less. See threshold.py.
 *
 * Campaigns are taken one by one: the highest priority first, then the larger saving, then the lower id. The lines of a
 * campaign that was taken are gone for the next: a line enters one campaign at most.
 */

import { sum } from '../integer.ts'
import { formatYuan } from '../money.ts'
import { isWithin } from '../moment.ts'
import type { BasketLine, Campaign, NotApplied, Params, Reason, Step } from './contracts/index.ts'
import type { Draft, DraftLine } from './draft.ts'

interface Waiting {
  readonly campaign: Campaign
  readonly lines: readonly DraftLine[]
  readonly wholeFen: number
}

interface Candidate {
  readonly campaign: Campaign
  readonly lines: readonly DraftLine[]
  readonly offFen: number
}

/** Take the campaigns off, and say of every other one why it does not apply. */
export function threshold(draft: Draft): void {
  let waiting: Waiting[] = []
  const refused = new Map<number, NotApplied>()
  for (const campaign of draft.basket.campaigns) {
    const lines = draft.lines.filter((line) => covers(campaign, line.line))
    const reason = refusal(campaign, draft) ?? (lines.length > 0 ? null : 'no_matching_goods')
    if (reason === null) waiting.push({ campaign, lines, wholeFen: netOf(lines) })
    else refused.set(campaign.id, notApplied(campaign, reason))
  }
  const taken = new Set<number>()
  for (let best = bestOf(waiting, taken); best !== null; best = bestOf(waiting, taken)) {
    const { campaign, lines, offFen } = best
    const { code: source, name: label, shares } = campaign
    draft.take(lines, offFen, { kind: 'threshold', source, label, shares })
    for (const line of lines) taken.add(line.number)
    waiting = waiting.filter((each) => each.campaign.id !== campaign.id)
  }
  for (const each of waiting) refused.set(each.campaign.id, shortOf(each, taken))
  const byId = [...refused].sort(([a], [b]) => a - b)
  draft.notApplied.push(...byId.map(([, each]) => each))
}

/** Return what is taken off an amount: the highest step reached, with `repeats` once per multiple. */
export function saving(steps: readonly Step[], amountFen: number, repeats: boolean): number {
  const reached = steps.filter((step) => step.threshold_fen <= amountFen)
  const step = reached.reduce<Step | null>((a, b) => (a !== null && a.threshold_fen >= b.threshold_fen ? a : b), null)
  if (step === null) return 0
  return step.off_fen * (repeats ? Math.floor(amountFen / step.threshold_fen) : 1)
}

function bestOf(waiting: readonly Waiting[], taken: ReadonlySet<number>): Candidate | null {
  let best: Candidate | null = null
  for (const { campaign, lines: allLines } of waiting) {
    const lines = allLines.filter((line) => !taken.has(line.number))
    const offFen = saving(campaign.steps, netOf(lines), campaign.repeats)
    const candidate = { campaign, lines, offFen }
    if (offFen > 0 && (best === null || outranks(candidate, best))) best = candidate
  }
  return best
}

function outranks(one: Candidate, other: Candidate): boolean {
  if (one.campaign.priority !== other.campaign.priority) return one.campaign.priority > other.campaign.priority
  if (one.offFen !== other.offFen) return one.offFen > other.offFen
  return one.campaign.id < other.campaign.id
}

/** Return why the campaign holds for nothing in this basket, or `null`. */
function refusal(campaign: Campaign, { basket, moment }: Draft): Reason | null {
  const { scope } = campaign
  if (!campaign.is_active || !isWithin(campaign.period, moment)) return 'not_in_period'
  if (scope.channels.length > 0 && !scope.channels.includes(basket.channel)) return 'not_in_channel'
  const places = [basket.store_id, ...basket.store_path]
  if (scope.unit_ids.length > 0 && !scope.unit_ids.some((id) => places.includes(id))) return 'not_in_store'
  if (scope.members_only && basket.member === null) return 'members_only'
  return null
}

function covers({ scope }: Campaign, line: BasketLine): boolean {
  if (scope.excluded_sku_ids.includes(line.sku_id)) return false
  if (scope.sku_ids.length === 0 && scope.category_ids.length === 0) return true
  return scope.sku_ids.includes(line.sku_id) || scope.category_ids.some((id) => line.category_path.includes(id))
}

/** Say what is missing: an amount, or lines that a better campaign has taken. */
function shortOf({ campaign, lines, wholeFen }: Waiting, taken: ReadonlySet<number>): NotApplied {
  const step = campaign.steps.reduce((a, b) => (a.threshold_fen <= b.threshold_fen ? a : b))
  const free = lines.filter((line) => !taken.has(line.number))
  if (free.length === 0 || wholeFen >= step.threshold_fen) return notApplied(campaign, 'better_offer')
  const missingFen = step.threshold_fen - netOf(free)
  return notApplied(campaign, 'amount_missing', {
    missing_fen: missingFen,
    missing_yuan: formatYuan(missingFen),
    threshold_fen: step.threshold_fen,
    off_fen: step.off_fen,
  })
}

function netOf(lines: readonly DraftLine[]): number {
  return sum(lines.map((line) => line.net_fen))
}

function notApplied(campaign: Campaign, reason: Reason, params: Params = {}): NotApplied {
  return { source: campaign.code, label: campaign.name, reason, params }
}
