/** The screen's API: typed by the server's OpenAPI; whatever does not answer in time is unreachable. */

import { createApi, Refused, Unreachable } from '@core/api/client.ts'
import type { Reply } from '@core/api/client.ts'
import type { paths } from '@core/api/kiosk.d.ts'
import { ref } from 'vue'
import { language, t } from './i18n.ts'

/** The screen's own token: the one thing that this browser keeps. */
export const KEY = 'quanyu-kiosk-token'
const TIMEOUT_MS = 12_000
export const device = { token: localStorage.getItem(KEY) ?? '' }
export const isReached = ref(true)
/** Grows when the server is there again: screens that failed to load then load anew. */
export const recoveries = ref(0)

export function keepToken(token: string): void {
  device.token = token
  if (token === '') localStorage.removeItem(KEY)
  else localStorage.setItem(KEY, token)
}

function heard(isThere: boolean): void {
  if (isThere && !isReached.value) recoveries.value += 1
  isReached.value = isThere
}

async function send(method: string, url: string, body: unknown, headers: Record<string, string>): Promise<Reply> {
  let answer: Response
  let data: unknown
  try {
    answer = await fetch(url, {
      method,
      headers: body === undefined ? headers : { ...headers, 'Content-Type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
      cache: 'no-store',
      credentials: 'omit',
    })
    const text = await answer.text()
    // Something between us and the server answered in its place: that is no answer.
    if (!/[/+]json/.test(answer.headers.get('content-type') ?? '')) throw new Error('not the server')
    data = text === '' ? null : JSON.parse(text)
  } catch {
    heard(false)
    throw new Unreachable()
  }
  heard(answer.status < 500)
  return { status: answer.status, data, headers: Object.fromEntries(answer.headers.entries()) }
}

export const api = createApi<paths>('', send, () => ({
  'Accept-Language': language.value === 'zh' ? 'zh-hans' : 'en',
  ...(device.token === '' ? {} : { Authorization: `Bearer ${device.token}` }),
}))

export interface Told {
  readonly title: string
  readonly remedy: string
}

/** What a person is told when something did not work. */
export function told(fault: unknown): Told {
  if (fault instanceof Unreachable) return { title: t('fault.unreachable'), remedy: t('fault.unreachable_remedy') }
  if (fault instanceof Refused && fault.status < 500) return { title: fault.message, remedy: fault.remedy }
  console.error(fault)
  return { title: t('fault.other'), remedy: t('fault.other_remedy') }
}
