/** A refusal the caller can understand and act on, with the server's stable code; see kernel/problem.py. */
export class Problem extends Error {
  readonly code: string
  readonly field: string | null
  readonly params: Readonly<Record<string, unknown>>

  constructor(code: string, field: string | null = null, params: Readonly<Record<string, unknown>> = {}) {
    super(field === null ? code : `${code} (${field})`)
    this.name = 'Problem'
    this.code = code
    this.field = field
    this.params = params
  }
}
