/** Write the icons that are used as CSS masks (src/styles/icons.scss): they take the colour of their text, in both targets. */
import { readFileSync, writeFileSync } from 'node:fs'

const names = JSON.parse(readFileSync(new URL('./icons.json', import.meta.url), 'utf8'))
const folder = new URL('../node_modules/lucide-static/icons/', import.meta.url)
const rules = names.sort().map((name) => {
  const svg = readFileSync(new URL(`${name}.svg`, folder), 'utf8')
    .replace(/<!--.*?-->/gs, '').replace(/class="[^"]*"/, '').replace(/\s+/g, ' ').replace(/> </g, '><').trim()
    .replace('currentColor', '#000').replace('width="24" height="24" ', '')
  const url = `url("data:image/svg+xml,${encodeURIComponent(svg).replace(/%20/g, ' ').replace(/%22/g, "'").replace(/%3D/g, '=').replace(/%3A/g, ':').replace(/%2F/g, '/').replace(/%2C/g, ',')}")`
  return `.q-i-${name} { --q-mask: ${url}; }`
})
writeFileSync(new URL('../src/styles/icons.scss', import.meta.url),
  `/* Made by \`npm run icons\` from lucide (ISC licence). Add a name to tools/icons.json. */\n${rules.join('\n')}\n`)
