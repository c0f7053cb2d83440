/** Link 7: points as payment, over the goods that are not of the points mall; at least 1 fen of goods stays. See points.py. */

import { apportion, apportionWithin } from '../apportion.ts'
import { floorOver, sum } from '../integer.ts'
import { BASIS_POINTS } from '../money.ts'
import { POINTS_LABEL } from './contracts/index.ts'
import type { Params, PointsFacts, Reason } from './contracts/index.ts'
import type { Draft } from './draft.ts'

const FEN_PER_YUAN = 100
const KIND = 'points'

/** Pay with as many of the wanted points as may be used, and say what limits them. */
export function points(draft: Draft): void {
  const facts = draft.basket.points
  if (facts === null) return
  const available = facts.balance - sum(draft.lines.map((line) => line.pointsSpent))
  if (available < 0) {
    refuse(draft, 'points_short', { missing: -available })
    return
  }
  const lines = draft.lines.filter((line) => line.line.offer === null && line.netFen > 0)
  const byShare = floorOver(draft.net(lines), facts.cap_bp, BASIS_POINTS)
  const cappedFen = Math.max(0, Math.min(byShare, draft.net() - 1))
  const capped = floorOver(cappedFen, facts.points_per_yuan, FEN_PER_YUAN)
  draft.pointsMax = usable(facts, Math.min(available, capped))
  if (facts.wanted <= 0) return
  const used = usable(facts, Math.min(facts.wanted, draft.pointsMax))
  const worthFen = floorOver(used, FEN_PER_YUAN, facts.points_per_yuan)
  if (facts.wanted > draft.pointsMax || worthFen === 0) sayLimit(draft, facts, available, capped)
  if (worthFen === 0) return
  const parts = apportionWithin(worthFen, lines.map((line) => line.netFen))
  const spent = apportion(used, parts)
  lines.forEach((line, index) => {
    line.pointsFen = parts[index] ?? 0
    line.netFen -= line.pointsFen
    line.pointsSpent = spent[index] ?? 0
  })
  const line_numbers = lines.map((line) => line.number)
  draft.applied.push({ kind: KIND, source: KIND, label: POINTS_LABEL, amount_fen: worthFen, line_numbers })
}

/** Return the points rounded down to the step, none when that is below the least. */
function usable(facts: PointsFacts, wanted: number): number {
  const rounded = wanted - (wanted % facts.step)
  return rounded >= facts.least ? rounded : 0
}

function sayLimit(draft: Draft, facts: PointsFacts, available: number, capped: number): void {
  if (facts.wanted < facts.least) {
    refuse(draft, 'points_least', { least: facts.least })
  } else if (facts.wanted > available && available <= capped) {
    refuse(draft, 'points_short', { missing: facts.wanted - available })
  } else {
    refuse(draft, 'points_capped', { most: draft.pointsMax })
  }
}

function refuse(draft: Draft, reason: Reason, params: Params): void {
  draft.notApplied.push({ source: KIND, label: POINTS_LABEL, reason, params })
}
