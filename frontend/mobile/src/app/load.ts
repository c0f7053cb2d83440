/** Loading of a page: a skeleton first, what was seen before at once, then what is true now. */
import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'

const seen = new Map<string, unknown>()

export interface Loaded<T> {
  readonly data: ShallowRef<T | null>
  readonly fault: Ref<unknown>
  readonly isLoading: Ref<boolean>
  /** Load again; what stands stays until the answer is there. Of two loads at once the later asked wins. */
  load(): Promise<void>
}

/** `key`: where the answer is remembered while the app is open; leave it out for what is a member's own. */
export function useLoad<T>(ask: () => Promise<T>, key?: () => string): Loaded<T> {
  const data = shallowRef<T | null>(null)
  const fault = ref<unknown>(null)
  const isLoading = ref(false)
  let asked = 0

  async function load(): Promise<void> {
    const mine = ++asked
    isLoading.value = true
    const remembered = key === undefined ? undefined : seen.get(key())
    if (data.value === null && remembered !== undefined) data.value = remembered as T
    try {
      const answer = await ask()
      if (mine !== asked) return
      data.value = answer
      fault.value = null
      if (key !== undefined) seen.set(key(), answer)
    } catch (problem) {
      if (mine === asked) fault.value = problem
    } finally {
      if (mine === asked) isLoading.value = false
    }
  }
  return { data, fault, isLoading, load }
}

export interface Pages<T> {
  readonly items: ShallowRef<T[]>
  readonly fault: Ref<unknown>
  readonly isLoading: Ref<boolean>
  readonly isEnd: Ref<boolean>
  restart(): Promise<void>
  more(): Promise<void>
}

/** A list that grows by cursor. */
export function usePages<T>(ask: (cursor: string | null) => Promise<{ items: T[]; next_cursor?: string | null }>): Pages<T> {
  const items = shallowRef<T[]>([])
  const fault = ref<unknown>(null)
  const isLoading = ref(false)
  const isEnd = ref(false)
  let cursor: string | null = null
  let round = 0

  async function fetchNext(mine: number): Promise<void> {
    isLoading.value = true
    try {
      const page = await ask(cursor)
      if (mine !== round) return
      items.value = cursor === null ? page.items : [...items.value, ...page.items]
      cursor = page.next_cursor ?? null
      isEnd.value = cursor === null
      fault.value = null
    } catch (problem) {
      if (mine === round) fault.value = problem
    } finally {
      if (mine === round) isLoading.value = false
    }
  }
  return {
    items, fault, isLoading, isEnd,
    restart() {
      cursor = null
      isEnd.value = false
      return fetchNext(++round)
    },
    async more() {
      if (!isLoading.value && !isEnd.value) await fetchNext(round)
    },
  }
}
