/** The printer of this till: the browser's own dialog, the print bridge on this computer (`quanyu print-bridge`), or its USB. */
import { reactive } from 'vue'
import { uuid7 } from '../data/ids.ts'
import { printByUsb, UsbFault } from './usb.ts'
import type { UsbChoice } from './usb.ts'

export type JobState = 'waiting' | 'printing' | 'printed' | 'unsure'

export interface PrinterSetting {
  way: 'browser' | 'bridge' | 'usb'
  port: number
  token: string
  usb: UsbChoice | null
  /** Print each sale by itself, and open the drawer when cash changes hands. */
  byItself: boolean
}

/** Why the bridge did not take a job; the code leads to a text. */
class BridgeFault extends Error {
  readonly code: 'away' | 'token' | 'origin' | 'refused'

  constructor(code: BridgeFault['code']) {
    super(code)
    this.code = code
  }
}

const KEY = 'quanyu-pos-printer'
const FIRST: PrinterSetting = { way: 'browser', port: 9191, token: '', usb: null, byItself: true }
const PATIENCE_MS = 4000
const POLL_MS = 400

/** The setting of this till; change it by `keepPrinter`. */
export const printer = reactive<PrinterSetting>({ ...FIRST, ...kept() })

export function keepPrinter(setting: PrinterSetting): void {
  Object.assign(printer, setting)
  localStorage.setItem(KEY, JSON.stringify(setting))
}

/** Tell whether receipts go straight to a thermal printer, which opens the drawer too. */
export function printsDirectly(): boolean {
  return printer.way !== 'browser'
}

/** Give a job to the thermal printer, whichever way leads there. The bridge prints an id once; USB prints what it gets. */
export function printDirectly(job: string, bytes: Uint8Array, setting: PrinterSetting = printer): Promise<JobState> {
  return setting.way === 'usb' ? printByUsb(setting.usb, bytes) : printByBridge(job, bytes, setting)
}

/** Return the text for what went wrong on the way to the printer. */
export function printerFault(fault: unknown): string {
  return `printer.fault.${fault instanceof BridgeFault || fault instanceof UsbFault ? fault.code : 'refused'}`
}

/** Give a job to the bridge and wait a little for the paper. The same id is printed once, however often it is sent. */
async function printByBridge(job: string, bytes: Uint8Array, setting: PrinterSetting): Promise<JobState> {
  let state = (await ask(setting, `/jobs/${job}`, bytes)).state
  const until = Date.now() + PATIENCE_MS
  while (state !== 'printed' && state !== 'unsure' && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    state = (await ask(setting, `/jobs/${job}`)).state
  }
  return state
}

/** Print so many lines to see whether everything is right. */
export function tryPrinter(setting: PrinterSetting, bytes: Uint8Array): Promise<JobState> {
  return printDirectly(uuid7(), bytes, setting)
}

async function ask(setting: PrinterSetting, path: string, bytes?: Uint8Array): Promise<{ state: JobState }> {
  const headers: Record<string, string> = { 'X-Bridge-Token': setting.token }
  if (bytes !== undefined) headers['Content-Type'] = 'application/octet-stream'
  const answer = await fetch(`http://127.0.0.1:${setting.port}${path}`, {
    method: bytes === undefined ? 'GET' : 'POST', headers, body: bytes === undefined ? null : new Blob([bytes.slice()]),
    credentials: 'omit', signal: AbortSignal.timeout(PATIENCE_MS),
  }).catch(() => null)
  // A page that may not ask gets no answer to read: the browser does not tell it from a bridge that is off.
  if (answer === null) throw new BridgeFault('away')
  if (answer.status === 401) throw new BridgeFault('token')
  if (answer.status === 403) throw new BridgeFault('origin')
  if (!answer.ok) throw new BridgeFault('refused')
  return answer.json() as Promise<{ state: JobState }>
}

function kept(): Partial<PrinterSetting> {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    return typeof found === 'object' && found !== null ? found : {}
  } catch {
    return {}
  }
}
