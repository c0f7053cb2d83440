/** Areas of China, asked for when they are needed and then remembered: they do not change while the mall is open. */
import type { AreaOut } from '@core/api/mall'
import { api } from '@/app/api'

const known = new Map<string, Promise<readonly AreaOut[]>>()

export function areasBelow(parent: string | null): Promise<readonly AreaOut[]> {
  const key = parent ?? ''
  const found = known.get(key)
  if (found !== undefined) return found
  const asked = api('get', '/areas', { query: { parent_code: parent } })
  known.set(key, asked)
  asked.catch(() => known.delete(key))
  return asked
}

/** The way down to an area, from its code: 440305 lies in 440300, that in 440000. */
export async function pathTo(code: string): Promise<AreaOut[]> {
  const path: AreaOut[] = []
  for (const digits of [2, 4, 6]) {
    const wanted = code.slice(0, digits).padEnd(6, '0')
    const area = (await areasBelow(path[path.length - 1]?.code ?? null)).find((one) => one.code === wanted)
    if (area === undefined) break
    path.push(area)
    if (area.code === code) break
  }
  return path
}
