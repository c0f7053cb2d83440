/** What happened with a member, in days and words. */
import type { TimelineOut } from '@core/api/mall'
import { isEnglish, t, type Key } from '@/i18n'
import { date, inChina, yuan } from '@/app/show'
import { signed } from './points'

type Kind = 'order' | 'return' | 'points' | 'coupon' | 'tier' | 'merge'

export const ICONS: Readonly<Record<Kind, string>> = { order: 'shopping-bag', return: 'undo-2', points: 'coins', coupon: 'ticket', tier: 'crown', merge: 'users' }

export interface Row {
  readonly key: string
  readonly icon: string
  readonly kind: string
  readonly title: string
  readonly text: string
  readonly figure: string
  readonly time: string
  readonly storeId: number | null
  readonly channel: string
  readonly orderId: string
}

export interface Day {
  readonly day: string
  readonly rows: Row[]
}

export function byDay(entries: readonly TimelineOut[]): Day[] {
  const days: Day[] = []
  entries.forEach((entry, place) => {
    const day = date(entry.at)
    const row = rowOf(entry, String(place))
    const last = days[days.length - 1]
    if (last?.day === day) last.rows.push(row)
    else days.push({ day, rows: [row] })
  })
  return days
}

export const CHANNELS: Readonly<Record<string, Key>> = { mall: 'life.mall', pos: 'life.pos', kiosk: 'life.kiosk', assistant: 'life.assistant', market: 'life.market', b2b: 'life.b2b' }
const ORDERS: Readonly<Record<string, Key>> = { placed: 'life.placed', paid: 'life.paid', completed: 'life.completed', cancelled: 'life.cancelled' }
const COUPONS: Readonly<Record<string, Key>> = {
  issued: 'life.issued', redeemed: 'life.redeemed', returned: 'life.couponBack', expired: 'life.expired', voided: 'life.voided',
  offered: 'life.offered', taken_back: 'life.takenBack', transferred: 'life.transferred', merged: 'life.couponMerged',
  handed_out: 'life.served', put_back: 'life.couponBack',
}
const TIERS: Readonly<Record<string, Key>> = {
  growth: 'life.tierUp', level: 'life.tierUp', kept: 'life.tierKept', downgrade: 'life.tierDown', refund: 'life.tierDown',
  paid: 'life.tierPaid', paid_ended: 'life.tierPaidEnded', merged: 'life.tierMerged', unmerged: 'life.tierMerged',
}
const POINTS: Readonly<Record<string, Key>> = {
  earn: 'points.earn', mature: 'points.mature', give: 'points.give', spend: 'points.spend', restore: 'points.restore', claw_back: 'points.clawBack',
  expire: 'points.expire', adjust: 'points.adjust', debt: 'points.debt', repay: 'points.repay', move: 'points.move',
}
const TIER_NAMES: Readonly<Record<string, Key>> = { basic: 'tier.basic', silver: 'tier.silver', gold: 'tier.gold', diamond: 'tier.diamond' }

const said = (words: Readonly<Record<string, Key>>, what: string, other: Key): string => t(words[what] ?? other)
export const tierName = (code: string): string => (TIER_NAMES[code] === undefined ? code : t(TIER_NAMES[code]!))

function rowOf(entry: TimelineOut, place: string): Row {
  const { hour, minute } = inChina(entry.at)
  const row = {
    key: `${entry.at}${entry.kind}${entry.what}${entry.subject}${place}`, icon: ICONS[entry.kind as Kind] ?? 'circle', kind: entry.kind, title: '', text: '', figure: '',
    time: `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`, storeId: entry.store_id, channel: CHANNELS[entry.channel] === undefined ? '' : t(CHANNELS[entry.channel]!), orderId: '',
  }
  switch (entry.kind) {
    case 'order':
      return { ...row, title: said(ORDERS, entry.what, 'life.placed'), text: entry.items.join(isEnglish.value ? ', ' : '、'), figure: `¥${yuan(entry.amount_fen)}`, orderId: entry.subject }
    case 'return':
      return { ...row, title: t('life.return'), figure: entry.amount_fen === 0 ? '' : `¥${yuan(entry.amount_fen)}`, orderId: entry.subject }
    case 'points':
      return { ...row, title: said(POINTS, entry.what, 'points.move'), text: entry.text, figure: signed(entry.points) }
    case 'coupon':
      return { ...row, title: said(COUPONS, entry.what, 'life.issued'), text: isEnglish.value ? (entry.items[0] ?? entry.text) : entry.text, figure: entry.amount_fen === 0 ? '' : `-¥${yuan(Math.abs(entry.amount_fen))}` }
    case 'tier':
      return { ...row, title: said(TIERS, entry.what, 'life.tierUp'), text: entry.text === entry.subject ? tierName(entry.subject) : `${tierName(entry.text)} → ${tierName(entry.subject)}` }
    default:
      return { ...row, title: t('life.merge') }
  }
}
