/** The mall's API with the member's token and language. */
import { createApi, Refused, type AnswerOf, type Method, type PathsOf } from '@core/api/client.ts'
import type { paths } from '@core/api/mall'
import { acceptLanguage } from '@/i18n'
import { send } from './send'
import { forgetToken, token } from './token'

let base = import.meta.env.VITE_API_BASE ?? ''
// With its origin even in the browser: uni puts the router's base before whatever begins with a slash.
// #ifdef H5
base = location.origin
// #endif
const BASE = base

const call = createApi<paths>(BASE, send, () => ({
  'Accept-Language': acceptLanguage(),
  ...(token() === '' ? {} : { Authorization: `Bearer ${token()}` }),
}))

type Prefix = '/api/mall/v1'
type Short<P> = P extends `${Prefix}${infer Rest}` ? Rest : never
type Long<S extends string> = `${Prefix}${S}`
export type Got<M extends Method, S extends Short<PathsOf<paths, M>>> = AnswerOf<paths, M, Long<S> & keyof paths>

/**
 * Ask the mall: `await api('get', '/stores/{store_id}', { path: { store_id: 7 } })`.
 *
 * Throws `Refused` with the server's words, or `Unreachable`. A token that is not valid any more is dropped.
 */
export const api = (async (method: Method, path: string, given?: object) => {
  try {
    return await (call as unknown as (m: Method, p: string, g?: object) => Promise<unknown>)(method, `/api/mall/v1${path}`, given)
  } catch (fault) {
    if (fault instanceof Refused && fault.status === 401) forgetToken()
    throw fault
  }
}) as <M extends Method, S extends Short<PathsOf<paths, M>>>(
  method: M,
  path: S,
  ...given: Parameters<typeof call<M, Long<S> & PathsOf<paths, M>>> extends [unknown, unknown, ...infer Rest] ? Rest : []
) => Promise<Got<M, S>>

/** Return the address of a picture that the API names. */
export function mediaUrl(path: string): string {
  return path === '' || /^(https?:|data:|blob:)/.test(path) ? path : `${BASE}${path.startsWith('/') ? '' : '/'}${path}`
}
