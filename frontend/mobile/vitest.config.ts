import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// Without the plugin of uni-app: what is tested here is plain TypeScript.
export default defineConfig({
  resolve: { alias: { '@core': at('../core/src'), '@': at('./src') } },
  test: { include: ['tests/**/*.test.ts'], setupFiles: ['tests/setup.ts'] },
})
