import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  root: at('.'),
  base: '/pos/',
  plugins: [
    vue(),
    VitePWA({
      // The till says when: an update never comes in the middle of a sale.
      registerType: 'prompt',
      injectRegister: false,
      manifest: {
        id: '/pos/',
        name: '全域收银 Quanyu POS',
        short_name: '收银 POS',
        start_url: '/pos/',
        scope: '/pos/',
        display: 'fullscreen',
        orientation: 'landscape',
        background_color: '#f4f6f5',
        theme_color: '#0f2a22',
        icons: [
          { src: 'icon-192.png', sizes: '192x192', type: 'image/png' },
          { src: 'icon-512.png', sizes: '512x512', type: 'image/png', purpose: 'any maskable' },
        ],
      },
      workbox: {
        globPatterns: ['**/*.{js,css,html,svg,png,json}'],
        navigateFallback: 'index.html',
        navigateFallbackAllowlist: [/^\/pos\//],
        cleanupOutdatedCaches: true,
        clientsClaim: true,
        inlineWorkboxRuntime: true,
        runtimeCaching: [
          {
            urlPattern: ({ url, sameOrigin }) => sameOrigin && url.pathname.startsWith('/media/'),
            handler: 'CacheFirst',
            options: { cacheName: 'pictures', expiration: { maxEntries: 4000, purgeOnQuotaError: true } },
          },
        ],
      },
    }),
  ],
  resolve: { alias: { '@core': at('../../../core/src'), '@quanyu/ui': at('../../packages/ui/src/index.ts') } },
  server: {
    port: Number(process.env.QUANYU_POS_PORT ?? 5174),
    proxy: { '^/(api|media|static)/': { target: process.env.QUANYU_API ?? 'http://127.0.0.1:8000' } },
    fs: { allow: [at('../../..')] },
  },
  build: { target: 'es2022', outDir: at('../../dist/pos'), emptyOutDir: true },
})
