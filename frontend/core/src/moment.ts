/**
 * Moments and half-open periods. A moment travels as ISO 8601 text with an offset and is compared as microseconds
 * since 1970, which is as fine as the server's clock (a `Date` is coarser).
 */

const ISO = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?(?:Z|([+-])(\d\d):?(\d\d))$/
const MICROSECONDS_A_MINUTE = 60_000_000
const MINUTES_A_DAY = 1440
// Shops open by Chinese time, which has been eight hours ahead without summer time since 1991.
const SHANGHAI_AHEAD_MINUTES = 480
const FIRST_WEEKDAY = 3 // 1 January 1970 was a Thursday; Monday is 0

/** `[start, end)`; `null` is unbounded. */
export interface Period {
  readonly start: string | null
  readonly end: string | null
}

/** Return the microseconds since 1970. Throws `RangeError` on a text that is no moment, or has no offset. */
export function microseconds(text: string): number {
  const match = ISO.exec(text)
  if (match === null) throw new RangeError(`not a moment with an offset: ${text}`)
  const [, year, month, day, hour, minute, second = '0', fraction = '', sign, hours = '0', minutes = '0'] = match
  const atMidnight = Date.UTC(Number(year), Number(month) - 1, Number(day))
  const ofDay = Number(hour) * 60 + Number(minute)
  const ahead = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1)
  const inSeconds = atMidnight / 1000 + (ofDay - ahead) * 60 + Number(second)
  return inSeconds * 1_000_000 + Number(fraction.padEnd(6, '0'))
}

/** Tell whether a moment, in microseconds, lies in the period. */
export function isWithin(period: Period, moment: number): boolean {
  const hasBegun = period.start === null || microseconds(period.start) <= moment
  return hasBegun && (period.end === null || moment < microseconds(period.end))
}

/** Where a moment lies on a Chinese calendar: `weekday` 0 is Monday, `minute` counts from midnight, `date` is ISO. */
export interface LocalTime {
  readonly weekday: number
  readonly minute: number
  readonly date: string
}

/** Return the moment, in microseconds, as the clocks in the shops show it. */
export function inShanghai(moment: number): LocalTime {
  const minutes = Math.floor(moment / MICROSECONDS_A_MINUTE) + SHANGHAI_AHEAD_MINUTES
  const days = Math.floor(minutes / MINUTES_A_DAY)
  return {
    weekday: (((days + FIRST_WEEKDAY) % 7) + 7) % 7,
    minute: minutes - days * MINUTES_A_DAY,
    date: new Date(days * 86_400_000).toISOString().slice(0, 10),
  }
}

/** Return the midnight that ends a day (ISO) on China's clocks, as a moment in UTC. */
export function midnightAfter(day: string): string {
  const minutes = Date.parse(`${day}T00:00:00Z`) / 60_000 + MINUTES_A_DAY - SHANGHAI_AHEAD_MINUTES
  return new Date(minutes * 60_000).toISOString().replace('.000Z', 'Z')
}
