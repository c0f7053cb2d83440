/** Texts of the screen in Chinese and English; the language is the shopper's for as long as he stands here. */

import { ref } from 'vue'
import type { Language } from '@core/i18n/index.ts'
import en from '../i18n/en.json'
import zh from '../i18n/zh.json'

const TEXTS: Record<Language, Record<string, string>> = { zh, en }
const FIRST: Language = 'zh'

export const language = ref<Language>(FIRST)

export function setLanguage(wanted: Language): void {
  language.value = wanted
  document.documentElement.lang = wanted === 'zh' ? 'zh-CN' : 'en'
}

export function isFirstLanguage(): boolean {
  return language.value === FIRST
}

export function forgetLanguage(): void {
  setLanguage(FIRST)
}

export function t(key: string, params: Record<string, string | number> = {}): string {
  const text = TEXTS[language.value][key] ?? key
  return text.replace(/\{(\w+)\}/g, (place, name: string) => (name in params ? String(params[name]) : place))
}

/** Return the name in the reader's language; what has no English name keeps its Chinese one. */
export function named(of: { readonly name: string, readonly name_en: string }): string {
  return inLanguage(of.name, of.name_en)
}

export function inLanguage(chinese: string, english: string): string {
  return language.value === 'en' && english !== '' ? english : chinese
}
