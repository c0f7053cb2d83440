/** Asking the mall where a code leads. */
import { api } from '@/app/api'
import type { CodeTarget } from '@/components/find/lib/code'

export async function resolve(token: string): Promise<CodeTarget> {
  // The contract names two answers alike, and its type is that of the other one.
  return (await api('get', '/codes/{token}', { path: { token } })) as unknown as CodeTarget
}
