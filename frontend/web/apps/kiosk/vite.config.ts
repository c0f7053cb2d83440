import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  root: at('.'),
  base: '/kiosk/',
  plugins: [vue()],
  resolve: { alias: { '@core': at('../../../core/src'), '@quanyu/ui': at('../../packages/ui/src/index.ts') } },
  server: {
    port: Number(process.env.QUANYU_KIOSK_PORT ?? 5175),
    proxy: { '^/(api|media|static)/': { target: process.env.QUANYU_API ?? 'http://127.0.0.1:8000' } },
    fs: { allow: [at('../../..')] },
  },
  build: { target: 'es2022', outDir: at('../../dist/kiosk'), emptyOutDir: true },
})
