/**
 * Texts of the screens. Chinese is complete, English stands beside it (a test compares keys and places); the language
 * follows the phone until the shopper chooses one.
 */
import { computed, ref } from 'vue'
import { fill, languageOf, type Language } from '@core/i18n/index.ts'
import enCart from './en/cart.json'
import enCommon from './en/common.json'
import enFind from './en/find.json'
import enMember from './en/member.json'
import enOrder from './en/order.json'
import enProduct from './en/product.json'
import zhCart from './zh/cart.json'
import zhCommon from './zh/common.json'
import zhFind from './zh/find.json'
import zhMember from './zh/member.json'
import zhOrder from './zh/order.json'
import zhProduct from './zh/product.json'
import UNITS from './units.json'

const zh = { ...zhCommon, ...zhFind, ...zhProduct, ...zhCart, ...zhOrder, ...zhMember }
const en = { ...enCommon, ...enFind, ...enProduct, ...enCart, ...enOrder, ...enMember }

export type Key = keyof typeof zh
const TEXTS: Readonly<Record<Language, Readonly<Record<Key, string>>>> = { zh, en }
const STORED = 'quanyu.language'

function first(): Language {
  const stored = uni.getStorageSync(STORED) as string
  return stored === 'zh' || stored === 'en' ? stored : languageOf(uni.getLocale())
}

export const language = ref<Language>(first())
export const isEnglish = computed(() => language.value === 'en')

/** Return a text in the reader's language; `{name}` takes a parameter. */
export function t(key: Key, params: Readonly<Record<string, string | number>> = {}): string {
  return fill(TEXTS[language.value][key], params)
}

/** Choose between what the server names twice: `named(store)`; an empty English name falls back to the Chinese one. */
export function named(thing: { name: string; name_en?: string | null }): string {
  return isEnglish.value && thing.name_en ? thing.name_en : thing.name
}

/** The same for titles and texts of page blocks and content. */
export function said(chinese: string, english: string | null | undefined): string {
  return isEnglish.value && english ? english : chinese
}

/** What a unit of sale is called; one that a chain made up stays as it is. */
export function unitText(name: string): string {
  return isEnglish.value ? ((UNITS as Readonly<Record<string, string>>)[name] ?? name) : name
}

export const acceptLanguage = (): string => (language.value === 'en' ? 'en' : 'zh-hans')

export function chooseLanguage(chosen: Language): void {
  language.value = chosen
  uni.setStorageSync(STORED, chosen)
}
