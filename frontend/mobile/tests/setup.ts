/** The little of `uni` that plain modules touch when they are loaded. */
const kept = new Map<string, unknown>()

Object.assign(globalThis, {
  uni: {
    getStorageSync: (key: string) => kept.get(key) ?? '',
    setStorageSync: (key: string, value: unknown) => void kept.set(key, value),
    removeStorageSync: (key: string) => void kept.delete(key),
    getLocale: () => 'zh-Hans',
    getSystemInfoSync: () => ({ theme: 'light' }),
    request: () => undefined,
    showToast: () => undefined,
  },
})
