import { fileURLToPath } from 'node:url'
import uniPlugin from '@dcloudio/vite-plugin-uni'
import { defineConfig, type Plugin } from 'vite'

// In an ES module the CommonJS default export of the plugin sits one level deeper.
const uni = (uniPlugin as unknown as { default?: typeof uniPlugin }).default ?? uniPlugin
const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Put our own icon in the place of wot's, whose font comes from another host, and nothing in that of the vendor's statistics. */
function ownParts(): Plugin {
  return {
    name: 'quanyu-own-parts',
    enforce: 'pre',
    resolveId(source) {
      if (/(^|\/)wd-icon\.vue$/.test(source)) return at('./src/components/wot-icon/wot-icon.vue')
      return source.startsWith('@dcloudio/uni-stat') ? '\0no-statistics' : null
    },
    load: (id) => (id === '\0no-statistics' ? 'export default {}' : null),
  }
}

const VENDORS_HOSTS = /url\((["']?)https:\/\/cdn\.dcloud\.net\.cn\/[^)]*\)|https:\/\/ha[cs]1\.dcloud\.net\.cn\/\w+/g

/** Take out what uni-app's own styles and scripts would load from its vendor's hosts: nothing comes from outside. */
function nothingFromOutside(): Plugin {
  const cut = (text: string) => text.replace(VENDORS_HOSTS, (found) => (found.startsWith('url') ? 'none' : ''))
  return {
    name: 'quanyu-nothing-from-outside',
    enforce: 'post',
    generateBundle(_, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type === 'chunk') file.code = cut(file.code)
        else if (file.fileName.endsWith('.css')) file.source = cut(String(file.source))
      }
    },
  }
}

export default defineConfig({
  base: '/mall/',
  plugins: [ownParts(), uni(), nothingFromOutside()],
  resolve: { alias: { '@core': at('../core/src') } },
  server: {
    port: Number(process.env.QUANYU_MALL_PORT ?? 5173),
    proxy: { '^/(api|media|q|static)/': { target: process.env.QUANYU_API ?? 'http://127.0.0.1:8000' } },
    fs: { allow: [at('..')] },
  },
  css: { preprocessorOptions: { scss: { silenceDeprecations: ['legacy-js-api', 'import'] } } },
  build: { target: 'es2020', chunkSizeWarningLimit: 800 },
})
