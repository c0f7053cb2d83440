/** Asking the phone where it is, and asking again after a refusal. */
import { ref } from 'vue'
import { useShop } from '@/app/shop'

export function useLocating(found: () => unknown) {
  const shop = useShop()
  const isRefused = ref(false)
  const isAsking = ref(false)

  async function locate(): Promise<void> {
    if (isAsking.value) return
    isAsking.value = true
    try {
      isRefused.value = !(await shop.locate())
    } finally {
      isAsking.value = false
    }
    if (!isRefused.value) await found()
  }
  /** WeChat asks only once: after a refusal the permission is given in its settings, which are opened. */
  function again(): void {
    // #ifdef MP-WEIXIN
    uni.openSetting({ complete: () => void locate() })
    // #endif
    // #ifndef MP-WEIXIN
    void locate()
    // #endif
  }
  return { isRefused, isAsking, locate, again }
}
