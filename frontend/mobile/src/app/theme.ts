/** Light, dark or as the phone; and large text. Kept on the device. */
import { computed, ref } from 'vue'

export type Theme = 'system' | 'light' | 'dark'
const THEME = 'quanyu.theme'
const LARGE = 'quanyu.large'

export const theme = ref<Theme>((uni.getStorageSync(THEME) as Theme) || 'system')
export const isLarge = ref<boolean>(uni.getStorageSync(LARGE) === true)
const systemIsDark = ref(false)

/** Class names of a page's root. */
export const pageClass = computed(() => [
  theme.value === 'system' ? (systemIsDark.value ? 'q-dark' : 'q-light') : `q-${theme.value}`,
  isLarge.value ? 'q-large' : '',
])
export const isDark = computed(() => theme.value === 'dark' || (theme.value === 'system' && systemIsDark.value))

export function followSystemTheme(): void {
  systemIsDark.value = (uni.getSystemInfoSync().theme as string | undefined) === 'dark'
  // #ifdef H5
  const wish = window.matchMedia('(prefers-color-scheme: dark)')
  systemIsDark.value = wish.matches
  wish.addEventListener('change', (event) => (systemIsDark.value = event.matches))
  // #endif
  // #ifndef H5
  uni.onThemeChange((changed) => (systemIsDark.value = changed.theme === 'dark'))
  // #endif
}

export function chooseTheme(chosen: Theme): void {
  theme.value = chosen
  uni.setStorageSync(THEME, chosen)
}

export function chooseLarge(large: boolean): void {
  isLarge.value = large
  uni.setStorageSync(LARGE, large)
}
