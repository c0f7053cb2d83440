/**
 * A thermal printer on this computer's USB, without a bridge (WebUSB, Chromium). A person chooses it once; after that the
 * browser knows it. The bytes are those that the bridge gets.
 */

/** What WebUSB gives, as far as a printer needs it; TypeScript's own library does not know it yet. */
export interface UsbEndpoint { readonly endpointNumber: number, readonly direction: 'in' | 'out', readonly type: string }
export interface UsbAlternate { readonly alternateSetting: number, readonly interfaceClass: number, readonly endpoints: readonly UsbEndpoint[] }
export interface UsbInterface { readonly interfaceNumber: number, readonly alternates: readonly UsbAlternate[] }
export interface UsbDevice {
  readonly vendorId: number
  readonly productId: number
  readonly serialNumber?: string
  readonly productName?: string
  readonly opened: boolean
  readonly configuration: { readonly interfaces: readonly UsbInterface[] } | null
  open(): Promise<void>
  close(): Promise<void>
  selectConfiguration(value: number): Promise<void>
  claimInterface(number: number): Promise<void>
  releaseInterface(number: number): Promise<void>
  selectAlternateInterface(number: number, alternate: number): Promise<void>
  transferOut(endpoint: number, data: Uint8Array<ArrayBuffer>): Promise<{ readonly status: string, readonly bytesWritten: number }>
}
interface Usb {
  getDevices(): Promise<UsbDevice[]>
  requestDevice(options: { filters: { classCode: number }[] }): Promise<UsbDevice>
}

/** The printer that was chosen, by what the browser tells of it. */
export interface UsbChoice {
  readonly vendorId: number
  readonly productId: number
  readonly serial: string
  readonly name: string
}

/** `none`: this browser has no WebUSB; `gone`: not plugged in, or not allowed any more; `busy`: another program has it. */
export class UsbFault extends Error {
  readonly code: 'usb_none' | 'usb_gone' | 'usb_busy'

  constructor(code: UsbFault['code']) {
    super(code)
    this.code = code
  }
}

const PRINTERS = 7
const CHUNK = 8192
const PATIENCE_MS = 10_000
const LOCK = 'quanyu-pos-usb-printer'

function usb(): Usb {
  const found = (navigator as Navigator & { usb?: Usb }).usb
  if (found === undefined) throw new UsbFault('usb_none')
  return found
}

/** Let a person choose among the printers; `null` when nobody chose. Only after a click. */
export async function chooseUsbPrinter(): Promise<UsbChoice | null> {
  const bus = usb()
  const device = await bus.requestDevice({ filters: [{ classCode: PRINTERS }] }).catch(() => null)
  return device && {
    vendorId: device.vendorId, productId: device.productId, serial: device.serialNumber ?? '',
    name: device.productName || `${hex(device.vendorId)}:${hex(device.productId)}`,
  }
}

function hex(id: number): string {
  return id.toString(16).padStart(4, '0')
}

/**
 * Give a receipt to the printer. `printed`: it has taken every byte; `unsure`: it stopped in the middle, so somebody looks at
 * the paper. Throws `UsbFault` when nothing was sent. Windows of this till take their turns.
 */
export async function printByUsb(choice: UsbChoice | null, bytes: Uint8Array): Promise<'printed' | 'unsure'> {
  const bus = usb()
  return navigator.locks.request(LOCK, async () => {
    const device = choice === null ? undefined : (await bus.getDevices()).find((one) => isChosen(one, choice))
    if (device === undefined) throw new UsbFault('usb_gone')
    const way = await opened(device)
    try {
      return await sent(device, way.endpoint, bytes)
    } finally {
      await device.releaseInterface(way.number).catch(() => undefined)
      await device.close().catch(() => undefined)
    }
  })
}

function isChosen(device: UsbDevice, choice: UsbChoice): boolean {
  return device.vendorId === choice.vendorId && device.productId === choice.productId && (device.serialNumber ?? '') === choice.serial
}

/** Open the printer and take its interface: the system's own driver may hold it. */
async function opened(device: UsbDevice): Promise<{ number: number, endpoint: number }> {
  try {
    if (!device.opened) await device.open()
    if (device.configuration === null) await device.selectConfiguration(1)
    for (const { interfaceNumber: number, alternates } of device.configuration?.interfaces ?? []) {
      const alternate = alternates.find((one) => one.interfaceClass === PRINTERS)
      const out = alternate?.endpoints.find((one) => one.direction === 'out' && one.type === 'bulk')
      if (alternate === undefined || out === undefined) continue
      await device.claimInterface(number)
      if (alternate.alternateSetting !== 0) await device.selectAlternateInterface(number, alternate.alternateSetting)
      return { number, endpoint: out.endpointNumber }
    }
  } catch {
    await device.close().catch(() => undefined)
    throw new UsbFault('usb_busy')
  }
  await device.close().catch(() => undefined)
  throw new UsbFault('usb_gone')
}

async function sent(device: UsbDevice, endpoint: number, bytes: Uint8Array): Promise<'printed' | 'unsure'> {
  for (let at = 0; at < bytes.length;) {
    const answer = await inTime(device.transferOut(endpoint, bytes.slice(at, at + CHUNK)))
    // Part of it may stand on the paper already, also when the cable was pulled.
    if (answer === null || answer.status !== 'ok' || answer.bytesWritten === 0) return 'unsure'
    at += answer.bytesWritten
  }
  return 'printed'
}

/** A printer without paper takes nothing and says nothing: closing the device ends such a transfer. */
async function inTime<T>(taken: Promise<T>): Promise<T | null> {
  let timer = 0
  const late = new Promise<null>((done) => { timer = window.setTimeout(() => done(null), PATIENCE_MS) })
  return Promise.race([taken.catch(() => null), late]).finally(() => window.clearTimeout(timer))
}
