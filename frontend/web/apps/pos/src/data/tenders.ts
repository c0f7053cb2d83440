/** Money on the way: rows of cash and cards until nothing is missing; change is given from cash alone. */

export interface Tendered {
  readonly tender: 'cash' | 'card'
  readonly amountFen: number
  /** The cash handed over; `null` for a card. */
  readonly tenderedFen: number | null
  readonly reference: string
}

/** A tender as the receipt shows it; wallets pay the whole sale. */
export interface SoldTender {
  readonly tender: 'cash' | 'card' | 'wechat' | 'alipay'
  readonly amountFen: number
  readonly tenderedFen: number | null
  readonly reference: string
}

export type Fault = 'nothing' | 'too_much' | 'too_many' | 'card_number'

/** So many rows the server takes for one sale. */
export const ROWS_MAX = 10
const CHANGE_MAX_FEN = 10_000_000

export function remainingFen(payableFen: number, rows: readonly Tendered[]): number {
  return payableFen - rows.reduce((sum, row) => sum + row.amountFen, 0)
}

export function changeFen(rows: readonly SoldTender[]): number {
  return rows.reduce((sum, row) => sum + (row.tenderedFen === null ? 0 : row.tenderedFen - row.amountFen), 0)
}

/** Tell whether a slip's reference is the number of the card itself: 13 to 19 digits with Luhn's check digit. */
export function isCardNumber(text: string): boolean {
  const digits = text.replace(/[\s-]/g, '')
  if (!/^[0-9]{13,19}$/.test(digits)) return false
  const sum = [...digits].reverse().reduce((all, digit, place) => {
    const worth = Number(digit) * (place % 2 === 1 ? 2 : 1)
    return all + (worth > 9 ? worth - 9 : worth)
  }, 0)
  return sum % 10 === 0
}

/**
 * Return the rows with one more, or what is wrong with it. Cash may be more than what is missing, a card may not. All cash
 * is one row: it lies in one drawer.
 */
export function give(
  payableFen: number, rows: readonly Tendered[], tender: Tendered['tender'], givenFen: number | null, reference = '',
): readonly Tendered[] | Fault {
  const missing = remainingFen(payableFen, rows)
  if (payableFen === 0) return []
  if (givenFen === null || givenFen <= 0 || missing <= 0) return 'nothing'
  if (tender === 'card') {
    if (isCardNumber(reference)) return 'card_number'
    if (givenFen > missing) return 'too_much'
    const isLast = givenFen === missing
    if (rows.length >= ROWS_MAX || (!isLast && rows.length === ROWS_MAX - 1)) return 'too_many'
    return [...rows, { tender, amountFen: givenFen, tenderedFen: null, reference }]
  }
  const amountFen = Math.min(givenFen, missing)
  if (givenFen - amountFen >= CHANGE_MAX_FEN) return 'too_much'
  const before = rows.find((row) => row.tender === 'cash')
  if (before === undefined && rows.length >= (amountFen === missing ? ROWS_MAX : ROWS_MAX - 1)) return 'too_many'
  const cash: Tendered = {
    tender, amountFen: amountFen + (before?.amountFen ?? 0), tenderedFen: givenFen + (before?.tenderedFen ?? 0), reference: '',
  }
  return before === undefined ? [...rows, cash] : rows.map((row) => (row === before ? cash : row))
}
