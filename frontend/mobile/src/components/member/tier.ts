/** How far the next tier is. */
import type { StandingOut } from '@core/api/mall'

/** The way to the next tier done so far, 0 to 100. At the top it is done. */
export function progressOf({ growth, next }: Pick<StandingOut, 'growth' | 'next'>): number {
  if (next === null) return 100
  return Math.max(2, Math.min(100, Math.floor((growth / Math.max(1, next.threshold)) * 100)))
}

/** 500 basis points off are 9.5 折, in English 5%. */
export function discountText(discountBp: number, isEnglish: boolean): string {
  return isEnglish ? `${Number((discountBp / 100).toFixed(1))}%` : `${Number(((10_000 - discountBp) / 1000).toFixed(2))}`
}

export const timesText = (multiplierBp: number): string => String(Number((multiplierBp / 10_000).toFixed(2)))

/** Which colours the card of a tier has; a tier that nobody here knows looks like the first. */
export function cardOf(code: string): 'basic' | 'silver' | 'gold' | 'diamond' {
  return code === 'silver' || code === 'gold' || code === 'diamond' ? code : 'basic'
}
