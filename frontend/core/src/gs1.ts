/**
 * GS1 element strings of case labels and Data Matrix prints, as far as a till needs them.
 * The same as src/quanyu/modules/catalog/rules/gs1.py.
 *
 * `(01)06901234567892(17)261231(10)A7` as typed, or as scanned: a symbology prefix (`]C1`) and a group separator after
 * each element of variable length. Only strings that begin with a GTIN are of use here.
 */

import { hasValidCheckDigit } from './barcodes.ts'
import { isDigits } from './text.ts'

const SEPARATOR = '\u001d'
const SYMBOLOGIES = [']C1', ']e0', ']d2', ']Q3', ']J1']
const BRACKETED = /\(([0-9]{2,4})\)([^()]*)/g
// Application identifiers with a fixed number of digits; weights (310n) have six.
const FIXED = new Map([
  ['00', 18], ['01', 14], ['02', 14], ['11', 6], ['12', 6], ['13', 6], ['15', 6], ['16', 6], ['17', 6], ['20', 2],
])
const VARIABLE = new Map([['10', 20], ['21', 20], ['22', 20], ['30', 8], ['37', 8]])
const WEIGHT = /^310([0-5])$/

/** The goods and, where printed, the net weight. Lots and dates are left to the server. */
export interface Element {
  readonly gtin14: string
  readonly grams: number | null
}

type Fields = Map<string, string>

/** Return what the element string says, or `null` when it is none or names no GTIN. */
export function readElement(code: string): Element | null {
  const fields = code.startsWith('(01)') ? bracketed(code) : scanned(code)
  const gtin = fields?.get('01') ?? ''
  if (fields === null || gtin.length !== 14 || !hasValidCheckDigit(gtin)) return null
  return { gtin14: gtin, grams: gramsOf(fields) }
}

function bracketed(code: string): Fields | null {
  const pairs = [...code.matchAll(BRACKETED)]
  return pairs.map((pair) => pair[0]).join('') === code ? new Map(pairs.map(([, ai = '', text = '']) => [ai, text])) : null
}

function scanned(code: string): Fields | null {
  const prefix = SYMBOLOGIES.find((symbology) => code.startsWith(symbology))
  let rest = prefix === undefined ? code : withoutSeparators(code.slice(prefix.length))
  if (!rest.startsWith('01') || rest.length < 16) return null
  const fields: Fields = new Map()
  while (rest !== '') {
    const ai = WEIGHT.test(rest.slice(0, 4)) ? rest.slice(0, 4) : rest.slice(0, 2)
    const body = rest.slice(ai.length)
    const length = ai.length === 4 ? 6 : FIXED.get(ai)
    const most = VARIABLE.get(ai)
    let content: string
    if (length !== undefined) {
      content = body.slice(0, length)
      rest = withoutSeparators(body.slice(length))
      if (content.length !== length || !isDigits(content)) return null
    } else if (most !== undefined) {
      const end = body.indexOf(SEPARATOR)
      content = end === -1 ? body : body.slice(0, end)
      rest = end === -1 ? '' : body.slice(end + 1)
      const characters = [...content].length
      if (characters < 1 || characters > most) return null
    } else {
      return null
    }
    fields.set(ai, content)
  }
  return fields
}

function gramsOf(fields: Fields): number | null {
  for (const [ai, text] of fields) {
    const weight = WEIGHT.exec(ai)
    if (weight !== null && text.length === 6 && isDigits(text)) {
      // 310n: kilograms with n decimals; what is finer than a gram is rounded half up.
      const finest = 10 ** Number(weight[1])
      return Math.floor((Number(text) * 1000 + Math.floor(finest / 2)) / finest)
    }
  }
  return null
}

function withoutSeparators(text: string): string {
  let start = 0
  while (text[start] === SEPARATOR) start += 1
  return text.slice(start)
}
