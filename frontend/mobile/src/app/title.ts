/** The title of a page in the reader's language; it follows when she changes it. */
import { watchEffect } from 'vue'

export function useTitle(text: () => string): void {
  watchEffect(() => {
    const title = text()
    if (title !== '') uni.setNavigationBarTitle({ title, fail: () => undefined })
  })
}
