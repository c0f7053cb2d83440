/** Who served: one or several colleagues, for the whole sale or for a line, by shares in basis points. */

import type { Basket, BasketLine } from './basket.ts'

export const WHOLE_BP = 10_000
/** As many as stand behind one counter. */
export const SERVED_MAX = 10

export interface Credit {
  readonly staffId: number
  readonly shareBp: number
}

export interface Colleague {
  readonly id: number
  readonly name: string
}

/** What the paper says of who served, when it was not just who sold. */
export interface SoldBy {
  readonly name: string
  readonly shareBp: number
}

/** Return equal shares; what does not divide goes to the first. */
export function equally(ids: readonly number[]): Credit[] {
  if (ids.length === 0) return []
  const each = Math.floor(WHOLE_BP / ids.length)
  return ids.map((staffId, place) => ({ staffId, shareBp: place === 0 ? WHOLE_BP - each * (ids.length - 1) : each }))
}

/** Return the people with one more, or one less; the shares are equal again. */
export function toggled(credits: readonly Credit[], staffId: number): Credit[] {
  const ids = credits.map((one) => one.staffId)
  if (ids.includes(staffId)) return equally(ids.filter((id) => id !== staffId))
  return ids.length >= SERVED_MAX ? [...credits] : equally([...ids, staffId])
}

/** Return the credits with another share of somebody; the others stay as they are. */
export function withShare(credits: readonly Credit[], staffId: number, shareBp: number): Credit[] {
  return credits.map((one) => (one.staffId === staffId ? { staffId, shareBp } : one))
}

export function missingBp(credits: readonly Credit[]): number {
  return WHOLE_BP - credits.reduce((sum, one) => sum + one.shareBp, 0)
}

/** Tell whether they are a whole, or nobody: then it is whoever sells. */
export function areWhole(credits: readonly Credit[]): boolean {
  return credits.length === 0 || (missingBp(credits) === 0 && credits.every((one) => one.shareBp > 0))
}

/** Return who served for a line: its own people, or those of the whole sale. */
export function servedOf(basket: Basket, line: BasketLine | undefined): readonly Credit[] {
  return line?.served ?? basket.served ?? []
}

/** Return the basket with other people for a line, or (`key` null) for all lines that have none of their own. */
export function withServed(basket: Basket, key: number | null, credits: readonly Credit[]): Basket {
  if (key === null) {
    const { served: _before, ...rest } = basket
    return credits.length === 0 ? rest : { ...rest, served: credits }
  }
  return {
    ...basket,
    lines: basket.lines.map(({ served: before, ...line }) => {
      const kept = line.key === key ? credits : before ?? []
      return kept.length === 0 ? line : { ...line, served: kept }
    }),
  }
}

/** Return what is said to the server: nothing when whoever sells has served. */
export function creditsIn(credits: readonly Credit[]): { credits?: { staff_id: number, share_bp: number }[] } {
  return credits.length === 0 ? {} : { credits: credits.map((one) => ({ staff_id: one.staffId, share_bp: one.shareBp })) }
}

/** Return a share as people write it: `50`, `33.34`. */
export function percentText(bp: number): string {
  return (bp / 100).toFixed(2).replace(/\.?0+$/, '')
}

/** Return a share from what was typed, or `null`. */
export function percentBp(text: string): number | null {
  const found = /^([0-9]{1,3})(?:[.,。]([0-9]{1,2}))?$/.exec(text.normalize('NFKC').trim())
  if (found === null) return null
  const bp = Number(found[1]) * 100 + Number((found[2] ?? '').padEnd(2, '0'))
  return bp <= WHOLE_BP ? bp : null
}

/** Return the people as they are named; who is not known here any more has no name. */
export function namesOf(credits: readonly Credit[], colleagues: readonly Colleague[]): SoldBy[] {
  return credits.map((one) => ({ name: colleagues.find((each) => each.id === one.staffId)?.name ?? '—', shareBp: one.shareBp }))
}

/** Return the names alone, as the customer reads them. */
export function namesText(people: readonly SoldBy[]): string {
  return people.map((one) => one.name).join(' · ')
}

/** Return the people in one line: `王芳`, or `王芳 60% · 李雷 40%`. */
export function servedText(people: readonly SoldBy[]): string {
  return people.map((one) => (people.length === 1 ? one.name : `${one.name} ${percentText(one.shareBp)}%`)).join(' · ')
}
