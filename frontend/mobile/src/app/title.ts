/** The title of a page in the reader's language and its bar in the colours she chose; both follow when she changes them. */
import { watch, watchEffect } from 'vue'
import { onReady, onShow } from '@dcloudio/uni-app'
import { isDark } from './theme'

/** Colours of the bar of the page that is shown, as in theme.json, which knows of the phone's own theme only. */
function showBar(): void {
  const colours = isDark.value ? { frontColor: '#ffffff', backgroundColor: '#101312' } : { frontColor: '#000000', backgroundColor: '#f6f7f6' }
  uni.setNavigationBarColor({ ...colours, fail: () => undefined })
}

export function useTitle(text: () => string): void {
  watchEffect(() => {
    const title = text()
    if (title !== '') uni.setNavigationBarTitle({ title, fail: () => undefined })
  })
  watch(isDark, showBar)
  // A function of its own for each page: Vue ties a hook to the first page that gives it.
  onShow(() => showBar())
  onReady(() => showBar())
}
