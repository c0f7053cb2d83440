/** A coupon in words: what it is worth and under which conditions. */
import type { CouponOut } from '@core/api/mall'
import { t } from '@/i18n'
import { date, yuan } from '@/app/show'

export type Worth = Pick<CouponOut, 'kind' | 'amount_fen' | 'percent_off_bp' | 'threshold_fen'> & { readonly cap_fen?: number | null }

/** The big figure of a ticket with its unit before and after it: ¥ 20, 9 折, 包邮. */
export function worthOf({ kind, amount_fen, percent_off_bp }: Worth, isEnglish: boolean): { before: string; figure: string; after: string } {
  if (kind === 'amount') return { before: '¥', figure: yuan(amount_fen), after: '' }
  if (kind === 'freight') return { before: '', figure: t('ticket.freight'), after: '' }
  if (kind === 'gift') return { before: '', figure: t('ticket.gift'), after: '' }
  if (kind === 'service') return { before: '', figure: t('ticket.service'), after: '' }
  if (isEnglish) return { before: '', figure: String(Number((percent_off_bp / 100).toFixed(1))), after: '%' }
  return { before: '', figure: String(Number(((10_000 - percent_off_bp) / 1000).toFixed(2))), after: '折' }
}

/** 满 129 元可用, with the cap of a percentage. */
export function conditionOf({ kind, threshold_fen, cap_fen }: Worth): string {
  if (kind === 'service') return t('ticket.atTheTill')
  const from = threshold_fen > 0 ? t('ticket.from', { n: yuan(threshold_fen) }) : t('ticket.any')
  return cap_fen ? `${from} · ${t('ticket.cap', { n: yuan(cap_fen) })}` : from
}

const clock = (minutes: number): string => `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
const WEEKDAYS = ['ticket.day0', 'ticket.day1', 'ticket.day2', 'ticket.day3', 'ticket.day4', 'ticket.day5', 'ticket.day6'] as const
const DAY_MS = 86_400_000

/** Whole days that are left, by the calendar of China: 0 is today. `until` is the moment at which it ends. */
export function daysLeft(until: string, now = Date.now()): number {
  const day = (ms: number) => Math.floor((ms + 8 * 3600_000) / DAY_MS)
  return day(Date.parse(until) - 1) - day(now)
}

/** Where the coupon holds: `channels` of the server in the shopper's words. */
export function placesOf({ channels }: Pick<CouponOut, 'channels'>): string {
  const online = channels.includes('mall')
  const inStore = channels.includes('pos') || channels.includes('kiosk')
  if (online && inStore) return t('ticket.both')
  return online ? t('ticket.online') : t('ticket.store')
}

/** All conditions, each in a line. */
export function termsOf(coupon: CouponOut): string[] {
  const terms = [conditionOf(coupon), placesOf(coupon)]
  if (coupon.unit_ids.length > 0) terms.push(t('ticket.units', { n: coupon.unit_ids.length }))
  terms.push(t('ticket.period', { from: date(coupon.valid_from), to: date(new Date(Date.parse(coupon.valid_until) - 1).toISOString()) }))
  if (coupon.weekdays.length > 0) terms.push(t('ticket.weekdays', { days: coupon.weekdays.map((day) => t(WEEKDAYS[day]!)).join(t('ticket.comma')) }))
  if (coupon.hours.length > 0) terms.push(t('ticket.hours', { hours: coupon.hours.map((pair) => `${clock(Number(pair[0]))}–${clock(Number(pair[1]))}`).join(t('ticket.comma')) }))
  if (coupon.excluded_dates.length > 0) terms.push(t('ticket.excluded', { days: coupon.excluded_dates.map((day) => date(`${day}T00:00:00+08:00`)).join(t('ticket.comma')) }))
  if (coupon.kind === 'service') return coupon.transferable ? [...terms, t('ticket.transferable')] : terms
  terms.push(t(coupon.stacks_with_campaigns ? 'ticket.withCampaigns' : 'ticket.noCampaigns'))
  terms.push(t(coupon.stacks_with_coupons ? 'ticket.withCoupons' : 'ticket.noCoupons'))
  if (coupon.transferable) terms.push(t('ticket.transferable'))
  return terms
}
