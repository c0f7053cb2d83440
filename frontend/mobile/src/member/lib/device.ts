/**
 * The phone's own secret, from which it makes its codes. The mini-program keeps it in its own store; a browser, which
 * other scripts may read, holds it only while the mall is open. Nothing in it says who the member is.
 */
import { api } from '@/app/api'
import { token } from '@/app/token'
import { memberCode, type Device } from './member-code'

const KEY = 'quanyu.code'

interface Kept extends Device {
  /** How far the server's clock is ahead of the phone's, in milliseconds. */
  readonly ahead: number
  /** Of which sign-in: the end of its token. */
  readonly of: string
}

let held: Kept | null = null
const mark = (): string => token().slice(-8)

function kept(): Kept | null {
  // #ifndef H5
  held ??= (uni.getStorageSync(KEY) as Kept | '') || null
  // #endif
  return held !== null && held.of === mark() ? held : null
}

function keep(device: Kept): void {
  held = device
  // #ifndef H5
  uni.setStorageSync(KEY, device)
  // #endif
}

export function forgetDevice(): void {
  held = null
  uni.removeStorageSync(KEY)
}

/** The code of this moment and how long it is shown; `null` while this phone has no secret. */
export function codeNow(now = Date.now()): { text: string; at: number } | null {
  const device = kept()
  return device === null ? null : { text: memberCode(device, now + device.ahead), at: now + device.ahead }
}

/** Have the phone registered, and find out what time it is at the server. Rejects without a network. */
export async function register(): Promise<void> {
  if (kept() === null) {
    const { handle, secret } = await api('post', '/me/code-devices', { body: { label: '' } })
    keep({ handle, secret, ahead: 0, of: mark() })
  }
  const asked = Date.now()
  const shown = await api('get', '/me/code')
  // `seconds_left` is rounded down; half a second and half of the way are the best guess.
  const serverNow = Date.parse(shown.renew_at) - shown.seconds_left * 1000 - 500
  const device = kept()
  if (device === null) return
  const ahead = serverNow - (asked + Date.now()) / 2
  keep({ ...device, ahead: Math.abs(ahead) < 3000 ? 0 : ahead })
  // The secret of another tab took this one's place: take a new one.
  if (memberCode(device, serverNow) !== shown.text) {
    forgetDevice()
    const { handle, secret } = await api('post', '/me/code-devices', { body: { label: '' } })
    keep({ handle, secret, ahead: Math.abs(ahead) < 3000 ? 0 : ahead, of: mark() })
  }
}
