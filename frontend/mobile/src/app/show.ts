/** How money, quantities, distances and times are written. Times are those of the store: China has one clock. */
import { t, language } from '@/i18n'

const CHINA_OFFSET_MS = 8 * 3600_000

export function yuan(fen: number): string {
  const sign = fen < 0 ? '-' : ''
  const digits = String(Math.abs(fen)).padStart(3, '0')
  const cents = digits.slice(-2)
  return `${sign}${digits.slice(0, -2)}${cents === '00' ? '' : `.${cents}`}`
}

export function quantityText(quantity: number, scale: number): string {
  return scale === 1 ? String(quantity) : `${Number((quantity / scale).toFixed(3))}`
}

export function distance(metres: number | null): string {
  if (metres === null) return ''
  return metres < 1000 ? t('common.m', { n: Math.max(10, Math.round(metres / 10) * 10) }) : t('common.km', { n: (metres / 1000).toFixed(metres < 10_000 ? 1 : 0) })
}

const two = (value: number) => String(value).padStart(2, '0')

/** The parts of a moment on China's clock. */
export function inChina(iso: string): { year: number; month: number; day: number; weekday: number; hour: number; minute: number } {
  const shifted = new Date(Date.parse(iso) + CHINA_OFFSET_MS)
  return {
    year: shifted.getUTCFullYear(), month: shifted.getUTCMonth() + 1, day: shifted.getUTCDate(),
    weekday: shifted.getUTCDay(), hour: shifted.getUTCHours(), minute: shifted.getUTCMinutes(),
  }
}

export function clock(iso: string): string {
  const { hour, minute } = inChina(iso)
  return `${two(hour)}:${two(minute)}`
}

export function date(iso: string): string {
  const { year, month, day } = inChina(iso)
  return language.value === 'en' ? `${year}-${two(month)}-${two(day)}` : `${year}年${month}月${day}日`
}

/** 今天 14:30, 明天 09:00, 11月23日 18:00. */
export function moment(iso: string, now = Date.now()): string {
  const days = Math.floor((Date.parse(iso) + CHINA_OFFSET_MS) / 86_400_000) - Math.floor((now + CHINA_OFFSET_MS) / 86_400_000)
  if (days === 0) return `${t('common.today')} ${clock(iso)}`
  if (days === 1) return `${t('common.tomorrow')} ${clock(iso)}`
  const { year, month, day } = inChina(iso)
  const near = Math.abs(days) < 180
  if (language.value === 'en') return `${near ? '' : `${year}-`}${two(month)}-${two(day)} ${clock(iso)}`
  return `${near ? '' : `${year}年`}${month}月${day}日 ${clock(iso)}`
}
