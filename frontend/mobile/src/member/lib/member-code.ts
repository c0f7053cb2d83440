/**
 * The member's code of this minute, made on the phone from its secret (docs/algorithms/member-code.md), so that it is
 * there without a network. SHA-256 stands here because the mini-program has no Web Crypto.
 */
import { luhnDigit } from '@core/barcodes.ts'

export const WINDOW_MS = 60_000
const PURPOSE = 'quanyu.member-code.1'
const MODULUS = 10 ** 13

/** A phone that was registered: `secret` is base64. */
export interface Device {
  readonly handle: string
  readonly secret: string
}

/** Return the 24 digits of the minute in which a moment lies (milliseconds of the server's clock). */
export function memberCode(device: Device, at: number): string {
  const minute = Math.floor(at / WINDOW_MS)
  const message = [...ascii(PURPOSE + device.handle), ...wide(Math.floor(minute / 2 ** 32)), ...wide(minute % 2 ** 32)]
  const digest = hmac(fromBase64(device.secret), message)
  // Digit by digit of base 256: the eight bytes are more than a number holds, their remainder is not.
  const proof = digest.slice(0, 8).reduce((rest, byte) => (rest * 256 + byte) % MODULUS, 0)
  const body = `88${device.handle}${String(proof).padStart(13, '0')}`
  return `${body}${luhnDigit(body)}`
}

/** Return how many milliseconds the code of a moment is still shown. */
export const leftOfWindow = (at: number): number => WINDOW_MS - (at % WINDOW_MS)

/** 8812 3456 7862 ...: people read a code to each other in fours. */
export const inFours = (digits: string): string => digits.replace(/(\d{4})(?=\d)/g, '$1 ')

const ascii = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0))
const wide = (value: number): number[] => [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff)

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

export function fromBase64(text: string): number[] {
  const values = [...text.replace(/=+$/, '')].map((letter) => ALPHABET.indexOf(letter))
  const bytes: number[] = []
  for (let at = 0; at + 1 < values.length; at += 4) {
    const [a, b, c, d] = [values[at]!, values[at + 1]!, values[at + 2], values[at + 3]]
    bytes.push((a << 2) | (b >> 4))
    if (c !== undefined) bytes.push(((b & 15) << 4) | (c >> 2))
    if (c !== undefined && d !== undefined) bytes.push(((c & 3) << 6) | d)
  }
  return bytes
}

function hmac(secret: number[], message: number[]): number[] {
  const key = secret.length > 64 ? sha256(secret) : secret
  const block = Array.from({ length: 64 }, (_, place) => key[place] ?? 0)
  const inner = sha256([...block.map((byte) => byte ^ 0x36), ...message])
  return sha256([...block.map((byte) => byte ^ 0x5c), ...inner])
}

const PRIMES = Array.from({ length: 312 }, (_, place) => place).filter((value) => value > 1 && Array.from({ length: value - 2 }, (_, d) => d + 2).every((d) => value % d !== 0))
const fraction = (value: number): number => ((value - Math.floor(value)) * 2 ** 32) | 0
const START = PRIMES.slice(0, 8).map((prime) => fraction(prime ** (1 / 2)))
const ROUND = PRIMES.slice(0, 64).map((prime) => fraction(Math.cbrt(prime)))
const turned = (word: number, by: number): number => (word >>> by) | (word << (32 - by))

/** FIPS 180-4. */
export function sha256(message: number[]): number[] {
  const bits = message.length * 8
  const padded = [...message, 0x80, ...Array.from({ length: (119 - (message.length % 64)) % 64 }, () => 0), ...wide(Math.floor(bits / 2 ** 32)), ...wide(bits % 2 ** 32)]
  const state = [...START]
  for (let at = 0; at < padded.length; at += 64) compress(state, padded.slice(at, at + 64))
  return state.flatMap(wide)
}

function compress(state: number[], block: number[]): void {
  const words: number[] = []
  for (let at = 0; at < 16; at++) words.push((block[at * 4]! << 24) | (block[at * 4 + 1]! << 16) | (block[at * 4 + 2]! << 8) | block[at * 4 + 3]!)
  for (let at = 16; at < 64; at++) {
    const [early, late] = [words[at - 15]!, words[at - 2]!]
    const first = turned(early, 7) ^ turned(early, 18) ^ (early >>> 3)
    const second = turned(late, 17) ^ turned(late, 19) ^ (late >>> 10)
    words.push((words[at - 16]! + first + words[at - 7]! + second) | 0)
  }
  let [a, b, c, d, e, f, g, h] = state as [number, number, number, number, number, number, number, number]
  for (let at = 0; at < 64; at++) {
    const one = (h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + ROUND[at]! + words[at]!) | 0
    const two = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0
    ;[a, b, c, d, e, f, g, h] = [(one + two) | 0, a, b, c, (d + one) | 0, e, f, g]
  }
  ;[a, b, c, d, e, f, g, h].forEach((word, place) => (state[place] = (state[place]! + word) | 0))
}
