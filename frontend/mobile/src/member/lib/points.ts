/** Points as a member understands them: why they moved, and when which of them end. */
import type { LotOut, MovementOut } from '@core/api/mall'
import { t, type Key } from '@/i18n'

export interface MonthOfPoints {
  /** 2028-10 */
  readonly month: string
  readonly points: number
  /** Of the fullest month, 0 to 1. */
  readonly share: number
}

const CHINA_MS = 8 * 3600_000

/** What ends in which month of China's calendar, the next first, at most so many months that have something. */
export function endingByMonth(lots: ReadonlyArray<Pick<LotOut, 'remaining' | 'expires_at' | 'state'>>, most = 6): MonthOfPoints[] {
  const sums = new Map<string, number>()
  for (const lot of lots) {
    if (lot.state !== 'live' || lot.remaining <= 0) continue
    // A lot that ends at midnight was good until the day before.
    const month = new Date(Date.parse(lot.expires_at) - 1 + CHINA_MS).toISOString().slice(0, 7)
    sums.set(month, (sums.get(month) ?? 0) + lot.remaining)
  }
  const months = [...sums].sort(([one], [other]) => one.localeCompare(other)).slice(0, most)
  const fullest = Math.max(1, ...months.map(([, points]) => points))
  return months.map(([month, points]) => ({ month, points, share: points / fullest }))
}

/** How much a movement is, as the reader counts: what can be used, else what may be used later, else what is owed. */
export const changeOf = ({ available, pending, debt }: Pick<MovementOut, 'available' | 'pending' | 'debt'>): number => available || pending || -debt

export const signed = (points: number): string => (points > 0 ? `+${points}` : String(points))

const KINDS: Readonly<Record<string, Key>> = {
  earn: 'points.earn', mature: 'points.mature', give: 'points.give', spend: 'points.spend', restore: 'points.restore',
  claw_back: 'points.clawBack', expire: 'points.expire', adjust: 'points.adjust', debt: 'points.debt', repay: 'points.repay', move: 'points.move',
}
const CAUSES: Readonly<Record<string, Key>> = {
  order: 'points.byOrder', coupon: 'points.byCoupon', birthday: 'points.byBirthday', adjustment: 'points.byAdjustment', merge: 'points.byMerge', unmerge: 'points.byMerge',
}

export const reasonOf = (kind: string): string => t(KINDS[kind] ?? 'points.move')
export const causeOf = (cause: string): string => (CAUSES[cause] === undefined ? '' : t(CAUSES[cause]!))
