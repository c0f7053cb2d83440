/**
 * Write the icons that are used as CSS masks (they take the colour of their text, in both targets): those of the mall to
 * src/styles/icons.scss, and those that a shortcut may have to the console's page editor.
 */
import { readFileSync, writeFileSync } from 'node:fs'

const listed = (file) => JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')).sort()
const folder = new URL('../node_modules/lucide-static/icons/', import.meta.url)
const plain = { '%20': ' ', '%22': "'", '%3D': '=', '%3A': ':', '%2F': '/', '%2C': ',' }
const masked = (name) => {
  const svg = readFileSync(new URL(`${name}.svg`, folder), 'utf8')
    .replace(/<!--.*?-->/gs, '').replace(/class="[^"]*"/, '').replace(/\s+/g, ' ').replace(/> </g, '><').trim()
    .replace('currentColor', '#000').replace('width="24" height="24" ', '')
  return `url("data:image/svg+xml,${encodeURIComponent(svg).replace(/%(20|22|3D|3A|2F|2C)/g, (code) => plain[code])}")`
}
const write = (file, names, rule) => writeFileSync(new URL(file, import.meta.url),
  `/* Made by \`npm run icons\` from lucide (ISC licence). Add a name to ${names}. */\n${listed(names).map(rule).join('\n')}\n`)

write('../src/styles/icons.scss', './icons.json', (name) => `.q-i-${name} { --q-mask: ${masked(name)}; }`)
write('../../../src/quanyu/modules/mall/static/mall/icons.css', './shortcuts.json',
  (name) => `[data-icon="${name}"] { --qm-mask: ${masked(name)}; }`)
