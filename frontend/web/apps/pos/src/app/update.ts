/** A newer till: fetched in the background, put in place only between two sales and when somebody says so. */

import { ref } from 'vue'
import { registerSW } from 'virtual:pwa-register'

export const isNewer = ref(false)

const CHECK_MS = 10 * 60_000

const put = registerSW({
  onNeedRefresh: () => { isNewer.value = true },
  onRegisteredSW: (_url, registration) => {
    if (registration) setInterval(() => void registration.update().catch(() => undefined), CHECK_MS)
  },
})

/** Start the newer till: what was sold lies in the database and stays. */
export function update(): void {
  void put(true)
}
