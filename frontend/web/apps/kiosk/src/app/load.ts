/** What a screen shows: loaded at once, and anew when the server is there again. */

import { ref, shallowRef, watch } from 'vue'
import type { Ref, ShallowRef } from 'vue'
import { recoveries, told } from './api.ts'
import type { Told } from './api.ts'
import { lost } from './kiosk.ts'

export interface Loaded<T> {
  readonly data: ShallowRef<T | null>
  readonly fault: Ref<Told | null>
  /** Of two loads at once the later asked wins. */
  load(): Promise<void>
}

export function useLoad<T>(ask: () => Promise<T>): Loaded<T> {
  const data = shallowRef<T | null>(null)
  const fault = ref<Told | null>(null)
  let asked = 0
  async function load(): Promise<void> {
    const mine = ++asked
    try {
      const answer = await ask()
      if (mine !== asked) return
      data.value = answer
      fault.value = null
    } catch (problem) {
      lost(problem)
      if (mine === asked) fault.value = told(problem)
    }
  }
  watch(recoveries, load)
  void load()
  return { data, fault, load }
}
