/**
 * Labels of scales: a PLU with an amount, a weight or both, laid out as the scale was told.
 * The same as src/quanyu/modules/catalog/rules/scale_codes.py.
 *
 * A mask draws the layout, one letter per digit: digits stand for themselves, `P` is the PLU, `A` the amount of money,
 * `W` the weight, `X` anything, `C` the check digit (GS1, over all digits before it). Options follow after semicolons:
 * `amount_decimals=2` (of a yuan), `weight_decimals=3` (of a kilogram), `check=none` (the last digit is not a check
 * digit), `price=recompute` (only the weight counts).
 */

import { hasValidCheckDigit } from './barcodes.ts'
import { isDigits, strip } from './text.ts'

export const DEFAULT_MASKS: readonly string[] = [
  '21PPPPPAAAAAC', '22PPPPPWWWWWC', '23PPPPPAAAAAWWWWWC', '24PPPPPWWWWWAAAAAC',
]
const SHAPE = /^2[0-9]?[PAWX]+C$/
const LENGTHS: readonly number[] = [13, 18]
const OPTIONS: readonly string[] = ['amount_decimals', 'weight_decimals', 'check', 'price']

/** A mask made ready to read labels with. */
export interface ScaleMask {
  readonly layout: string
  readonly amountDecimals: number
  readonly weightDecimals: number
  readonly isChecked: boolean
  readonly isRecomputed: boolean
}

/** What a label says: PLU without leading zeros lost, fen and grams where it carries them. */
export interface ScaleLabel {
  readonly plu: string
  readonly amount_fen: number | null
  readonly grams: number | null
}

/** Return the mask written as described above. Throws `RangeError`. */
export function parseMask(text: string): ScaleMask {
  const [layout = '', ...options] = text.split(';').map(strip)
  if (!LENGTHS.includes(layout.length) || !SHAPE.test(layout)) {
    throw new RangeError(`not the layout of a scale's label: ${layout}`)
  }
  if (![...'PAW'].every((letter) => isOneRun(layout, letter)) || !layout.includes('P')) {
    throw new RangeError(`PLU, amount and weight each stand together, once: ${layout}`)
  }
  if (!layout.includes('A') && !layout.includes('W')) {
    throw new RangeError(`a label says an amount or a weight: ${layout}`)
  }
  const chosen = new Map(options.filter((option) => option !== '').map(nameAndValue))
  for (const name of chosen.keys()) {
    if (!OPTIONS.includes(name)) throw new RangeError(`unknown option in ${text}`)
  }
  const isRecomputed = choice(chosen, 'price', 'printed', 'recompute')
  if (isRecomputed && !layout.includes('W')) {
    throw new RangeError(`a price can be recomputed only from a weight: ${text}`)
  }
  return {
    layout,
    amountDecimals: decimals(chosen.get('amount_decimals') ?? '2', 3),
    weightDecimals: decimals(chosen.get('weight_decimals') ?? '3', 4),
    isChecked: !choice(chosen, 'check', 'ean', 'none'),
    isRecomputed,
  }
}

/** Return what the first matching mask reads on the label, or `null`. */
export function readLabel(code: string, masks: readonly ScaleMask[]): ScaleLabel | null {
  if (!isDigits(code)) return null
  const mask = masks.find((candidate) => matches(candidate, code))
  if (mask === undefined) return null
  const amount = run(mask.layout, code, 'A')
  const weight = run(mask.layout, code, 'W')
  return {
    plu: run(mask.layout, code, 'P'),
    amount_fen: mask.isRecomputed || amount === '' ? null : scaled(Number(amount), 2 - mask.amountDecimals),
    grams: weight === '' ? null : scaled(Number(weight), 3 - mask.weightDecimals),
  }
}

function matches(mask: ScaleMask, code: string): boolean {
  if (code.length !== mask.layout.length) return false
  const flagFits = [...mask.layout].every((drawn, place) => !isDigits(drawn) || drawn === code[place])
  return flagFits && (!mask.isChecked || hasValidCheckDigit(code))
}

function run(layout: string, code: string, letter: string): string {
  return [...code].filter((_, place) => layout[place] === letter).join('')
}

function isOneRun(layout: string, letter: string): boolean {
  return layout.includes(letter.repeat(layout.split(letter).length - 1))
}

/** Shift a printed number to fen or grams; a digit too fine is rounded half up. */
function scaled(value: number, power: number): number {
  if (power >= 0) return value * 10 ** power
  return Math.floor((value + 5 * 10 ** (-power - 1)) / 10 ** -power)
}

function nameAndValue(option: string): [string, string] {
  const at = option.indexOf('=')
  return at === -1 ? [option, ''] : [option.slice(0, at), option.slice(at + 1)]
}

function choice(chosen: ReadonlyMap<string, string>, name: string, usual: string, other: string): boolean {
  const value = chosen.get(name) ?? usual
  if (value !== usual && value !== other) throw new RangeError(`${name} is ${usual} or ${other}, not ${value}`)
  return value === other
}

function decimals(text: string, most: number): number {
  if (!/^[0-9]$/.test(text) || Number(text) > most) throw new RangeError(`decimals are 0 to ${most}, not ${text}`)
  return Number(text)
}
