/** The display's side: it listens to the till of this browser, and knows when that is gone. */

import { ref, shallowRef } from 'vue'
import type { KeptItemOut, RulesOut, TillOut } from '@core/api/pos.d.ts'
import { db } from '../data/db.ts'
import { channelName, lockName, NOTHING, staysThanking, THANKS_MS } from '../data/display.ts'
import type { Message, Shown } from '../data/display.ts'
import { language, setLanguage } from '../app/i18n.ts'

const AGAIN_MS = 3_000
const SLIDES_MAX = 24

export const shown = shallowRef<Shown>({ ...NOTHING, scene: 'closed', language: language.value })
export const store = shallowRef<RulesOut['store'] | null>(null)
export const slides = shallowRef<readonly KeptItemOut[]>([])
export const isReady = ref(false)

let thanking = 0

function show(next: Shown): void {
  window.clearTimeout(thanking)
  if (staysThanking(shown.value, next)) {
    thanking = window.setTimeout(() => { shown.value = next }, THANKS_MS)
    return
  }
  if (next.language !== language.value) setLanguage(next.language)
  shown.value = next
}

/** Find the till of this browser and follow it; what it keeps is only read. */
export async function follow(): Promise<void> {
  const device = await db.get<{ till: TillOut }>('device')
  await readStore()
  isReady.value = true
  if (device === undefined) {
    window.setTimeout(() => void follow(), AGAIN_MS)
    return
  }
  const { device_id: deviceId } = device.till
  const channel = new BroadcastChannel(channelName(deviceId))
  let isFollowing = false
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if (data.kind !== 'shown') return
    show(data.shown)
    if (!isFollowing) {
      isFollowing = true
      void untilGone(deviceId).then(() => {
        isFollowing = false
        show({ ...NOTHING, scene: 'closed', language: language.value })
        hello()
      })
    }
  }
  const hello = (): void => channel.postMessage({ kind: 'hello' } satisfies Message)
  hello()
  // Goods and prices of the slides are those that the till keeps; it renews them every minute.
  window.setInterval(() => void readStore(), 5 * 60_000)
}

/** The till holds this lock as long as it lives. */
function untilGone(deviceId: string): Promise<void> {
  return navigator.locks.request(lockName(deviceId), () => undefined)
}

async function readStore(): Promise<void> {
  const rules = await db.get<RulesOut>('rules')
  store.value = rules?.store ?? null
  const items = (await db.buckets.toArray()).flatMap((bucket) => bucket.items).filter((one) => one.image !== '' && one.available > 0)
  const step = Math.max(1, Math.floor(items.length / SLIDES_MAX))
  slides.value = items.filter((_, place) => place % step === 0).slice(0, SLIDES_MAX)
}
