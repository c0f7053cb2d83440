/** Asking the mall where a code leads. */
import { api } from '@/app/api'
import type { CodeTarget } from '@/components/find/lib/code'

export function resolve(token: string): Promise<CodeTarget> {
  return api('get', '/codes/{token}', { path: { token } })
}
