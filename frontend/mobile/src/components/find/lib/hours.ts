/** Opening hours as the server gives them: seven pairs, Monday first, each `[from, until]` or empty when closed. */
import { inChina } from '@/app/show'

type Hours = ReadonlyArray<readonly unknown[] | null>

/** Return today's hours such as `08:00–22:00`; empty when the store is closed today or does not say. */
export function hoursToday(hours: Hours, now = Date.now()): string {
  const weekday = (inChina(new Date(now).toISOString()).weekday + 6) % 7
  return hoursOf(hours[weekday])
}

export function hoursOf(pair: readonly unknown[] | null | undefined): string {
  return pair && pair.length === 2 && typeof pair[0] === 'string' ? `${pair[0]}–${String(pair[1])}` : ''
}
