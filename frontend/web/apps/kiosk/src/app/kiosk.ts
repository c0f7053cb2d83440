/** Which screen this is: enrolled once by a code, asked at every start, begun anew when it was revoked. */

import { Refused, Unreachable } from '@core/api/client.ts'
import type { CategoryOut, KioskOut } from '@core/api/kiosk.d.ts'
import { reactive } from 'vue'
import { api, device, isReached, keepToken } from './api.ts'

const AGAIN_MS = 5_000
export const kiosk = reactive<{ isReady: boolean, own: KioskOut | null, categories: CategoryOut[] }>({
  isReady: false, own: null, categories: [],
})

/** Find out who we are; as long as nobody answers, ask again. */
export async function wake(): Promise<void> {
  if (device.token === '') {
    kiosk.isReady = true
    return
  }
  try {
    await learn()
  } catch (fault) {
    if (!(fault instanceof Refused) || fault.status !== 401) {
      setTimeout(() => void wake(), AGAIN_MS)
      return
    }
    forget()
  }
  kiosk.isReady = true
}

async function learn(): Promise<void> {
  kiosk.own = await api('get', '/api/kiosk/v1/kiosk')
  kiosk.categories = await api('get', '/api/kiosk/v1/categories')
}

export async function enrol(code: string): Promise<void> {
  const enrolled = await api('post', '/api/kiosk/v1/kiosk', { body: { code } })
  keepToken(enrolled.token)
  await learn()
}

function forget(): void {
  keepToken('')
  kiosk.own = null
}

/** While the server is away, knock until it is there; a screen that is no longer ours is told so by its answer. */
export function keepKnocking(): void {
  setInterval(() => {
    if (!isReached.value && kiosk.own !== null) void knock()
  }, AGAIN_MS)
}

async function knock(): Promise<void> {
  try {
    await learn()
  } catch (fault) {
    lost(fault)
  }
}

/** Leave the shop when the server says that this screen was revoked. */
export function lost(fault: unknown): void {
  if (fault instanceof Refused && fault.status === 401) forget()
  else if (!(fault instanceof Unreachable)) console.error(fault)
}
