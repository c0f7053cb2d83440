/** Words and badge of the tab bar, which is native and does not follow Vue. */
import { watch } from 'vue'
import { language, t, type Key } from '@/i18n'
import { isDark } from './theme'

const TABS: readonly Key[] = ['tab.home', 'tab.categories', 'tab.cart', 'tab.me']
export const CART_TAB = 2

/** Words and colours of the bar as they are to be now. Outside of a tab page it is refused; the next one asks again. */
export function showTabs(): void {
  TABS.forEach((key, index) => uni.setTabBarItem({ index, text: t(key), fail: () => undefined }))
  // As in theme.json, which knows of the phone's own theme only.
  const colours = isDark.value
    ? { color: '#8b958f', selectedColor: '#3ecf9a', backgroundColor: '#181c1a', borderStyle: 'black' as const }
    : { color: '#7c857f', selectedColor: '#0a7a58', backgroundColor: '#ffffff', borderStyle: 'white' as const }
  uni.setTabBarStyle({ ...colours, fail: () => undefined })
}

export function translateTabs(): void {
  watch([language, isDark], showTabs, { immediate: true })
}

export function showCartCount(count: number): void {
  // Outside of a tab page the mini-program refuses; the next tab page sets it again.
  if (count > 0) uni.setTabBarBadge({ index: CART_TAB, text: count > 99 ? '99+' : String(count), fail: () => undefined })
  else uni.removeTabBarBadge({ index: CART_TAB, fail: () => undefined })
}
