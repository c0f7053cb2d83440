/** As much of node's types as the tests need, so that checking them needs nothing but the compiler. */

declare module 'node:test' {
  export function test(name: string, body: () => void | Promise<void>): void
}

declare module 'node:assert/strict' {
  const assert: {
    ok(value: unknown, message?: string): asserts value
    equal(actual: unknown, expected: unknown, message?: string): void
    deepEqual(actual: unknown, expected: unknown, message?: string): void
    throws(body: () => unknown, expected?: object | RegExp | Function): void
    fail(message: string): never
  }
  export default assert
}

declare module 'node:fs' {
  export function readdirSync(path: URL): string[]
  export function readFileSync(path: URL, encoding: 'utf8'): string
}

declare module 'node:readline' {
  export function createInterface(options: { input: unknown; crlfDelay: number }): AsyncIterable<string>
}

declare module 'node:process' {
  const process: { stdin: unknown; stdout: { write(text: string): boolean } }
  export default process
}

declare class URL {
  constructor(path: string, base: string)
}

interface ImportMeta {
  readonly url: string
}
