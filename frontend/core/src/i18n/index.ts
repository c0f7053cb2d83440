/**
 * Texts of the price chain in the languages of the front ends. They are those of the server's catalogues (a test
 * compares them); `{name}` stands for a parameter.
 */

import type { Params, Reason } from '../price_chain/contracts/index.ts'
import en from './en.json' with { type: 'json' }
import zh from './zh.json' with { type: 'json' }

export type Language = 'zh' | 'en'

interface Catalogue {
  readonly reasons: Readonly<Record<Reason, string>>
  readonly labels: Readonly<Record<string, string>>
}

// English is the type: a reason without a text does not compile.
const CATALOGUES: Readonly<Record<Language, Catalogue>> = { en, zh }

/** Return the language for a browser's or phone's tag such as `zh-CN`; whatever is not Chinese gets English. */
export function languageOf(tag: string): Language {
  return tag.toLowerCase().split(/[-_]/)[0] === 'zh' ? 'zh' : 'en'
}

/** Say why something does not apply, with what is missing. */
export function reasonText(language: Language, reason: Reason, params: Params = {}): string {
  return fill(CATALOGUES[language].reasons[reason], params)
}

/** Return the label of a discount: a text of ours, or the name of a campaign or coupon as it is. */
export function labelText(language: Language, label: string): string {
  const { labels } = CATALOGUES[language]
  return has(labels, label) ? (labels[label] ?? label) : label
}

/** Put parameters in their places; a place without one stays, so that it is seen. */
export function fill(text: string, params: Params): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => (has(params, name) ? String(params[name]) : place))
}

function has(record: object, name: string): boolean {
  return Object.prototype.hasOwnProperty.call(record, name)
}
