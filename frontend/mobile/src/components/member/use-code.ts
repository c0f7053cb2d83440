/** Sending a code to a phone: once a minute, with what the demo tells. */
import { onUnmounted, ref } from 'vue'
import { Refused } from '@core/api/client.ts'
import { api } from '@/app/api'

const WAIT_S = 60

export function useCode() {
  const waiting = ref(0)
  const sending = ref(false)
  /** The code itself, where the shop is a demo: nobody's phone rings there. */
  const demoCode = ref('')
  let timer: ReturnType<typeof setInterval> | undefined

  function count(seconds: number): void {
    clearInterval(timer)
    waiting.value = seconds
    timer = setInterval(() => {
      waiting.value -= 1
      if (waiting.value <= 0) clearInterval(timer)
    }, 1000)
  }

  /** Rejects with the server's refusal; when it names a time to wait, the button waits as long. */
  async function send(phone: string): Promise<void> {
    if (waiting.value > 0 || sending.value) return
    sending.value = true
    try {
      const answer = await api('post', '/session/codes', { body: { phone } })
      demoCode.value = (typeof answer === 'object' && answer?.demo_code) || ''
      count(WAIT_S)
    } catch (fault) {
      if (fault instanceof Refused && fault.retryAfterS !== null) count(fault.retryAfterS)
      throw fault
    } finally {
      sending.value = false
    }
  }
  onUnmounted(() => clearInterval(timer))
  return { waiting, sending, demoCode, send }
}
