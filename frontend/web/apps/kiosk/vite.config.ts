import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  root: at('.'),
  base: '/kiosk/',
  plugins: [
    vue(),
    VitePWA({
      // The page itself lies on the screen: it starts, and says what is missing, when the server is away.
      injectRegister: false,
      manifest: {
        id: '/kiosk/',
        name: '全域导购屏 Quanyu Kiosk',
        short_name: '导购屏 Kiosk',
        start_url: '/kiosk/',
        scope: '/kiosk/',
        display: 'fullscreen',
        background_color: '#f3f5f2',
        theme_color: '#17352b',
        icons: [{ src: 'icon.svg', sizes: 'any', type: 'image/svg+xml' }],
      },
      workbox: {
        globPatterns: ['**/*.{js,css,html,svg}'],
        navigateFallback: 'index.html',
        navigateFallbackAllowlist: [/^\/kiosk\//],
        cleanupOutdatedCaches: true,
        clientsClaim: true,
        skipWaiting: true,
        inlineWorkboxRuntime: true,
      },
    }),
  ],
  resolve: { alias: { '@core': at('../../../core/src'), '@quanyu/ui': at('../../packages/ui/src/index.ts') } },
  server: {
    port: Number(process.env.QUANYU_KIOSK_PORT ?? 5175),
    proxy: { '^/(api|media|static)/': { target: process.env.QUANYU_API ?? 'http://127.0.0.1:8000' } },
    fs: { allow: [at('../../..')] },
  },
  build: { target: 'es2022', outDir: at('../../dist/kiosk'), emptyOutDir: true },
})
