/**
 * A typed client over the generated `paths` and one `send` per platform; nothing of fetch, URL or FormData, which the
 * mini-program does not have.
 */

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'
type Operation<Paths, P extends keyof Paths, M extends Method> = Paths[P] extends { [K in M]?: infer O } ? NonNullable<O> : never
type Query<O> = O extends { parameters: { query?: infer X } } ? X : never
type Path<O> = O extends { parameters: { path: infer X } } ? X : never
type Body<O> = O extends { requestBody: { content: { 'application/json': infer X } } } ? X : never
type Content<S> = S extends { content: { 'application/json': infer X } } ? X : void
type Answer<O> = O extends { responses: infer S } ? { [C in keyof S]: C extends 200 | 201 | 204 ? Content<S[C]> : never }[keyof S] : never
type Given<O> = ([Path<O>] extends [never] ? unknown : { path: Path<O> }) &
  ([NonNullable<Query<O>>] extends [never] ? unknown : { query?: Query<O> }) &
  ([Body<O>] extends [never] ? unknown : { body: Body<O> }) & { key?: string }

/** Paths of an API that have an operation of a method. */
export type PathsOf<Paths, M extends Method> = { [P in keyof Paths]: [Operation<Paths, P, M>] extends [never] ? never : P }[keyof Paths]
export type AnswerOf<Paths, M extends Method, P extends keyof Paths> = Answer<Operation<Paths, P, M>>

export interface Reply {
  readonly status: number
  readonly data: unknown
  readonly headers: Readonly<Record<string, string>>
}

/** Send a request; rejects with `Unreachable` when no answer came. */
export type Send = (method: string, url: string, body: unknown, headers: Record<string, string>) => Promise<Reply>

export interface FieldFault {
  readonly field: string
  readonly code: string
  readonly message: string
}

/** The server's refusal (RFC 9457) in the reader's language. */
export class Refused extends Error {
  readonly status: number
  readonly code: string
  readonly field: string | null
  readonly remedy: string
  readonly params: Readonly<Record<string, unknown>>
  readonly errors: readonly FieldFault[]
  readonly retryAfterS: number | null

  constructor(reply: Reply) {
    const problem = (typeof reply.data === 'object' && reply.data !== null ? reply.data : {}) as Record<string, unknown>
    super(text(problem['title']) || `HTTP ${reply.status}`)
    this.name = 'Refused'
    this.status = reply.status
    this.code = text(problem['code'])
    this.field = text(problem['field']) || null
    this.remedy = text(problem['remedy'])
    this.params = (problem['params'] ?? {}) as Record<string, unknown>
    this.errors = (Array.isArray(problem['errors']) ? problem['errors'] : []) as FieldFault[]
    const wait = Number(header(reply.headers, 'retry-after'))
    this.retryAfterS = Number.isFinite(wait) && wait > 0 ? wait : null
  }
}

/** No answer: offline, timed out, or the server is gone. The request may have been done all the same. */
export class Unreachable extends Error {
  constructor() {
    super('unreachable')
    this.name = 'Unreachable'
  }
}

/** Return the caller of an API. `headers` are asked for at each request (token, language). */
export function createApi<Paths>(base: string, send: Send, headers: () => Record<string, string>) {
  return async <M extends Method, P extends PathsOf<Paths, M>>(
    method: M,
    path: P,
    ...given: [unknown] extends [Given<Operation<Paths, P, M>>] ? [] : [Given<Operation<Paths, P, M>>?]
  ): Promise<AnswerOf<Paths, M, P>> => {
    const { path: places, query, body, key } = (given[0] ?? {}) as Loose
    const sent = { ...headers(), ...(key === undefined ? {} : { 'Idempotency-Key': key }) }
    const reply = await send(method.toUpperCase(), base + address(String(path), places, query), body, sent)
    if (reply.status >= 400) throw new Refused(reply)
    return reply.data as AnswerOf<Paths, M, P>
  }
}

interface Loose {
  path?: Record<string, unknown>
  query?: Record<string, unknown>
  body?: unknown
  key?: string
}

/** Return a path with its places filled and its query; what is null, undefined or empty is left out. */
export function address(path: string, places: Record<string, unknown> = {}, query: Record<string, unknown> = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(places[name])))
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value])
      .filter((one) => one !== null && one !== undefined && one !== '')
      .map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(String(one))}`),
  )
  return pairs.length === 0 ? filled : `${filled}?${pairs.join('&')}`
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function header(headers: Readonly<Record<string, string>>, name: string): string {
  const found = Object.keys(headers).find((one) => one.toLowerCase() === name)
  return found === undefined ? '' : (headers[found] ?? '')
}
