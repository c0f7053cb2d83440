/** Texts of the till in Chinese and English; the same keys in both (a test compares them). */

import { computed, ref } from 'vue'
import type { Language } from '@core/i18n/index.ts'
import en from '../i18n/en.json'
import zh from '../i18n/zh.json'

const KEY = 'quanyu-pos-language'
const TEXTS: Record<Language, Record<string, string>> = { zh, en }

export const language = ref<Language>(localStorage.getItem(KEY) === 'en' ? 'en' : 'zh')
export const isChinese = computed(() => language.value === 'zh')

export function setLanguage(wanted: Language): void {
  language.value = wanted
  localStorage.setItem(KEY, wanted)
  document.documentElement.lang = wanted === 'zh' ? 'zh-CN' : 'en'
}

export function t(key: string, params: Record<string, string | number> = {}): string {
  const text = TEXTS[language.value][key] ?? key
  return text.replace(/\{(\w+)\}/g, (place, name: string) => (name in params ? String(params[name]) : place))
}

/** Return the name in the reader's language; what has no English name keeps its Chinese one. */
export function named(of: { readonly name: string, readonly name_en: string }): string {
  return language.value === 'en' && of.name_en !== '' ? of.name_en : of.name
}

document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en'
