/** The member's token: an opaque word, the only thing of a member that the device keeps. */
import { ref } from 'vue'

const KEY = 'quanyu.token'
const kept = ref<string>((uni.getStorageSync(KEY) as string) || '')

export const token = (): string => kept.value
export const isSignedIn = (): boolean => kept.value !== ''

export function keepToken(value: string): void {
  kept.value = value
  uni.setStorageSync(KEY, value)
}

export function forgetToken(): void {
  kept.value = ''
  uni.removeStorageSync(KEY)
}
