/** The till's API: typed by the server's OpenAPI; whatever does not answer in time is unreachable. */

import { createApi, Unreachable } from '@core/api/client.ts'
import type { Reply } from '@core/api/client.ts'
import type { paths } from '@core/api/pos.d.ts'
import { language } from './i18n.ts'

/** The tokens of the till and of whoever works at it. */
export const tokens = { device: '', staff: '' }

const TIMEOUT_MS = 15_000
type Heard = (isReached: boolean) => void
let heard: Heard = () => undefined

/** Tell somebody of every answer that came, or did not. */
export function onHeard(tell: Heard): void {
  heard = tell
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
    const isJson = /[/+]json/.test(answer.headers.get('content-type') ?? '')
    // Something between us and the server answered in its place: that is no answer.
    if (!isJson && answer.status !== 204) throw new Error('not the server')
    data = text === '' ? null : JSON.parse(text)
  } catch {
    heard(false)
    throw new Unreachable()
  }
  heard(true)
  return { status: answer.status, data, headers: Object.fromEntries(answer.headers.entries()) }
}

export const api = createApi<paths>('', send, () => ({
  'Accept-Language': language.value === 'zh' ? 'zh-hans' : 'en',
  ...(tokens.device === '' ? {} : { Authorization: `Bearer ${tokens.device}` }),
  ...(tokens.staff === '' ? {} : { 'X-Staff-Token': tokens.staff }),
}))
