/** UUIDv7 made on the phone: it is the order's key for ever, so a command sent twice is one order (RFC 9562, 5.7). */
function randomBytes(count: number): number[] {
  // #ifdef H5
  return Array.from(crypto.getRandomValues(new Uint8Array(count)))
  // #endif
  // #ifndef H5
  return Array.from({ length: count }, () => Math.floor(Math.random() * 256))
  // #endif
}

export function uuid7(now = Date.now()): string {
  const bytes = [...[40, 32, 24, 16, 8, 0].map((shift) => Math.floor(now / 2 ** shift) % 256), ...randomBytes(10)]
  bytes[6] = (bytes[6]! & 0x0f) | 0x70
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
