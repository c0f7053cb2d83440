/** A newer page comes in by itself, between two shoppers: never while somebody is looking. */

const ASK_MS = 3_600_000
let isNewer = false

/** Keep the page on the screen, and ask every hour whether there is a newer one. */
export function keepPage(): void {
  // Only over https or on the screen's own computer; elsewhere the page is loaded from the server each time.
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  const workers = navigator.serviceWorker
  const isFirst = workers.controller === null
  workers.addEventListener('controllerchange', () => (isNewer = isNewer || !isFirst))
  workers.register('/kiosk/sw.js').then(
    (kept) => setInterval(() => void kept.update().catch(() => undefined), ASK_MS),
    (fault: unknown) => console.error(fault),
  )
}

/** Begin with the newer page, when there is one. */
export function renew(): void {
  if (isNewer) location.reload()
}
