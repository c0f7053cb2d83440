import { fileURLToPath } from 'node:url'
import uniPlugin from '@dcloudio/vite-plugin-uni'
import { defineConfig, type Plugin } from 'vite'

// In an ES module the CommonJS default export of the plugin sits one level deeper.
const uni = (uniPlugin as unknown as { default?: typeof uniPlugin }).default ?? uniPlugin
const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Put our own icon in the place of wot's, whose font comes from another host. */
function ownIcons(): Plugin {
  return {
    name: 'quanyu-own-icons',
    enforce: 'pre',
    resolveId: (source) => (/(^|\/)wd-icon\.vue$/.test(source) ? at('./src/components/wot-icon/wot-icon.vue') : null),
  }
}

export default defineConfig({
  base: '/mall/',
  plugins: [ownIcons(), uni()],
  resolve: { alias: { '@core': at('../core/src') } },
  server: {
    port: Number(process.env.QUANYU_MALL_PORT ?? 5173),
    proxy: { '^/(api|media|q|static)/': { target: process.env.QUANYU_API ?? 'http://127.0.0.1:8000' } },
    fs: { allow: [at('..')] },
  },
  css: { preprocessorOptions: { scss: { silenceDeprecations: ['legacy-js-api', 'import'] } } },
  build: { target: 'es2020', chunkSizeWarningLimit: 800 },
})
