/** Words and badge of the tab bar, which is native and does not follow Vue. */
import { watch } from 'vue'
import { language, t, type Key } from '@/i18n'

const TABS: readonly Key[] = ['tab.home', 'tab.categories', 'tab.cart', 'tab.me']
export const CART_TAB = 2

export function translateTabs(): void {
  watch(language, () => TABS.forEach((key, index) => uni.setTabBarItem({ index, text: t(key), fail: () => undefined })), {
    immediate: true,
  })
}

export function showCartCount(count: number): void {
  // Outside of a tab page the mini-program refuses; the next tab page sets it again.
  if (count > 0) uni.setTabBarBadge({ index: CART_TAB, text: count > 99 ? '99+' : String(count), fail: () => undefined })
  else uni.removeTabBarBadge({ index: CART_TAB, fail: () => undefined })
}
