/** What the offers make of the chosen lines: what is taken off and why, and what is missing for the next one. */
import type { QuoteOut } from '@core/api/mall'

export interface Taken {
  readonly label: string
  readonly label_en: string
  readonly fen: number
}

/** Sum up the discounts of all lines by what they are called, the largest first. */
export function takenOff(quote: Pick<QuoteOut, 'lines'>): Taken[] {
  const sums = new Map<string, Taken>()
  for (const one of quote.lines.flatMap((line) => line.discounts)) {
    const before = sums.get(one.label)
    sums.set(one.label, { label: one.label, label_en: one.label_en, fen: (before?.fen ?? 0) + one.amount_fen })
  }
  return [...sums.values()].filter((one) => one.fen > 0).sort((a, b) => b.fen - a.fen)
}

const WITHIN_REACH = ['amount_missing', 'quantity_missing']

/** The offer that lacks only a little more of the goods; null when there is none. */
export function nextOffer(quote: Pick<QuoteOut, 'not_applied'>): QuoteOut['not_applied'][number] | null {
  const open = quote.not_applied.filter((one) => WITHIN_REACH.includes(one.reason))
  return open.sort((a, b) => missing(a.params) - missing(b.params))[0] ?? null
}

function missing(params: Readonly<Record<string, unknown>>): number {
  const fen = params['missing_fen']
  return typeof fen === 'number' ? fen : Number.MAX_SAFE_INTEGER
}
