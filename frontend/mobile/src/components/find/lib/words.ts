/** Words searched before, newest first; kept on the device, never sent. */
const KEY = 'quanyu.words'
const MOST = 12

export function wordsBefore(): string[] {
  const kept: unknown = uni.getStorageSync(KEY)
  return Array.isArray(kept) ? kept.filter((one): one is string => typeof one === 'string') : []
}

export function keepWord(word: string): void {
  const text = word.trim()
  if (text === '') return
  uni.setStorageSync(KEY, [text, ...wordsBefore().filter((one) => one !== text)].slice(0, MOST))
}

export function forgetWords(): void {
  uni.removeStorageSync(KEY)
}
