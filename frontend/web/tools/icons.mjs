/** Write the shapes of our icons (packages/ui/src/icons.ts) from lucide; add a name to icons.json first. */
import { readFileSync, writeFileSync } from 'node:fs'

const names = JSON.parse(readFileSync(new URL('./icons.json', import.meta.url), 'utf8'))
const folder = new URL('../node_modules/lucide-static/icons/', import.meta.url)
const lines = names.sort().map((name) => {
  const svg = readFileSync(new URL(`${name}.svg`, folder), 'utf8').replace(/<!--.*?-->/gs, '')
  const shape = svg.replace(/^[\s\S]*?<svg[^>]*>/, '').replace(/<\/svg>[\s\S]*$/, '').replace(/\s+/g, ' ').replace(/> </g, '><').trim()
  return `  '${name}': '${shape}',`
})
writeFileSync(
  new URL('../packages/ui/src/icons.ts', import.meta.url),
  `/** Made by \`npm run icons\` from lucide (ISC licence). */\n\nexport const ICONS = {\n${lines.join('\n')}\n} as const\n\nexport type IconName = keyof typeof ICONS\n`,
)
