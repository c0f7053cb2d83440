/**
 * A phone for the compiled mini-program: its wxml, wxss and js on WeChat's own component engine, over the real API.
 *
 * Native `wx.*` are played here: requests go over HTTP, navigation is remembered, storage is a map. Protocol: one JSON
 * object per line on stdin ({do: "open", page, query} ...), one answer per line on stdout.
 */
const fs = require('node:fs')
const http = require('node:http')
const path = require('node:path')
const readline = require('node:readline')
const { JSDOM } = require('jsdom')

const [root, api, kept] = [path.resolve(process.argv[2]), process.argv[3], JSON.parse(process.argv[4] ?? '{}')]
const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`)
const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

const browser = new JSDOM('<!doctype html><body></body>', { pretendToBeVisual: true, url: 'http://localhost/' })
for (const name of ['document', 'HTMLElement', 'Node', 'Event', 'CustomEvent', 'MutationObserver', 'TouchEvent', 'requestAnimationFrame', 'cancelAnimationFrame']) {
  Object.defineProperty(globalThis, name, { value: browser.window[name], configurable: true, writable: true })
}
for (const [name, value] of [['window', browser.window], ['navigator', browser.window.navigator]]) {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
}

const calls = []
const store = new Map(Object.entries(kept))
const faults = []
let waiting = 0
let answers = {}
const system = {
  platform: 'devtools', system: 'iOS 17.0', model: 'iPhone', brand: 'Apple', language: 'zh_CN', theme: 'light', version: '8.0.50', SDKVersion: '3.5.0',
  windowWidth: 375, windowHeight: 667, screenWidth: 375, screenHeight: 667, pixelRatio: 2, statusBarHeight: 20, fontSizeSetting: 16,
  safeArea: { top: 20, bottom: 667, left: 0, right: 375, width: 375, height: 647 }, safeAreaInsets: { top: 20, bottom: 0, left: 0, right: 0 },
}

function request(options) {
  waiting += 1
  const url = new (require('node:url').URL)(options.url.startsWith('http') ? options.url : `${api}${options.url}`)
  const body = options.data === undefined ? null : JSON.stringify(options.data)
  const call = http.request(url, { method: options.method, headers: { ...options.header, ...(body ? { 'content-length': Buffer.byteLength(body) } : {}) } }, (reply) => {
    const parts = []
    reply.on('data', (part) => parts.push(part))
    reply.on('end', () => {
      waiting -= 1
      const text = Buffer.concat(parts).toString('utf8')
      let data = text
      try { data = JSON.parse(text) } catch { /* no JSON: as it is */ }
      const answer = { statusCode: reply.statusCode, data, header: reply.headers, cookies: [] }
      options.success?.(answer)
      options.complete?.(answer)
    })
  })
  call.on('error', (fault) => {
    waiting -= 1
    options.fail?.({ errMsg: `request:fail ${fault.message}` })
    options.complete?.({ errMsg: 'request:fail' })
  })
  if (body) call.write(body)
  call.end()
  return { abort: () => call.destroy(), onHeadersReceived() {}, offHeadersReceived() {} }
}

const played = {
  request,
  getStorageSync: (key) => (store.has(key) ? store.get(key) : ''),
  setStorageSync: (key, value) => void store.set(key, value),
  removeStorageSync: (key) => void store.delete(key),
  getStorageInfoSync: () => ({ keys: [...store.keys()], currentSize: 1, limitSize: 10240 }),
  getLocation: (options) => (answers.place ? options.success?.(answers.place) : options.fail?.({ errMsg: 'getLocation:fail auth deny' })),
  login: (options) => options.success?.({ code: answers.loginCode ?? '', errMsg: 'login:ok' }),
  scanCode: (options) => (answers.scanned ? options.success?.({ result: answers.scanned, scanType: 'EAN_13' }) : options.fail?.({ errMsg: 'scanCode:fail cancel' })),
  showModal: (options) => options.success?.({ confirm: true, cancel: false }),
  requestPayment: (options) => { calls.push(['requestPayment', { package: options.package }]); options.success?.({ errMsg: 'requestPayment:ok' }) },
}

globalThis.Page = (options) => Component(options)
globalThis.App = (options) => { globalThis.__app = options }
globalThis.getApp = () => globalThis.__app
const pages = []
globalThis.getCurrentPages = () => pages
// The compilers come without their install script, which would do just this.
const compilers = path.join(path.dirname(require.resolve('miniprogram-compiler/package.json')), 'bin', 'linux')
for (const name of ['wcc', 'wcsc']) fs.chmodSync(path.join(compilers, name), 0o755)
const simulate = require('miniprogram-simulate')
const engine = require('miniprogram-exparser')
const given = globalThis.wx ?? {}
/** What the phone does for a name of wx that is not played above. */
function native(key) {
  if (/^(on|off)[A-Z]/.test(key)) return () => {}
  if (/^get(System|AppBase|Window|Device)\w*$/.test(key)) return (options) => { options?.success?.({ ...system }); return { ...system } }
  if (key === 'canIUse') return () => true
  if (/^get(Account|Launch|Enter|MenuButton)/.test(key)) {
    return () => ({ miniProgram: { appId: 'wx0', envVersion: 'develop' }, path: '', query: {}, scene: 1001, top: 24, height: 32, width: 87, left: 281, right: 368, bottom: 56 })
  }
  if (key in given && typeof given[key] !== 'function') return given[key]
  return (options) => {
    calls.push([key, options && typeof options === 'object' ? { url: options.url, title: options.title, text: options.text } : {}])
    options?.success?.({})
    options?.complete?.({})
    return {}
  }
}
// uni copies the names it finds, so they have to be there.
const known = ['requestPayment', 'login', 'setTabBarItem', 'setTabBarBadge', 'removeTabBarBadge', 'setNavigationBarTitle', 'setNavigationBarColor', 'onThemeChange', 'getAppBaseInfo', 'getSystemInfoSync', 'getAccountInfoSync', 'getLaunchOptionsSync', 'getEnterOptionsSync', 'getMenuButtonBoundingClientRect']
const wx = Object.fromEntries([...new Set([...Object.keys(given), ...known])].map((key) => [key, native(key)]))
Object.defineProperty(globalThis, 'wx', { value: Object.assign(wx, played), configurable: true, writable: true })
process.on('uncaughtException', (fault) => faults.push(String(fault.stack ?? fault).slice(0, 600)))
process.on('unhandledRejection', (fault) => faults.push(String(fault?.stack ?? fault).slice(0, 600)))
const error = console.error
console.error = (...all) => { faults.push(all.map(String).join(' ').slice(0, 600)); error(...all) }
console.log = console.warn = console.info = () => {}

/** Wait until no request is under way and the engine has drawn. */
async function settle() {
  for (let quiet = 0, rounds = 0; quiet < 4 && rounds < 400; rounds += 1) {
    await later(25)
    quiet = waiting === 0 ? quiet + 1 : 0
  }
}

let page = null
const text = () => page.dom.textContent.replace(/\s+/g, ' ').trim()
const all = () => {
  const found = []
  const walk = (node) => { found.push(node); for (const child of node.childNodes ?? []) walk(child) }
  walk(page.dom)
  return found
}

function tap(element) {
  const event = new browser.window.CustomEvent('tap', { bubbles: true })
  let target = element
  while (target && !target.__wxElement) target = target.parentNode
  if (!target) throw new Error('nothing to tap')
  engine.Event.dispatchEvent(target.__wxElement, engine.Event.create('tap', { x: 1, y: 1 }, {
    originalEvent: event, bubbles: true, capturePhase: true, composed: true, extraFields: { touches: [], changedTouches: [], mark: {} },
  }))
}

const deeds = {
  answers: ({ values }) => { answers = { ...answers, ...values }; return {} },
  async open({ page: name, query }) {
    faults.length = 0
    const component = simulate.render(simulate.load(path.join(root, name), { rootPath: root, compiler: 'official' }))
    const host = document.createElement('div')
    document.body.appendChild(host)
    component.attach(host)
    page = component
    pages.splice(0, pages.length, component.instance)
    component.instance.route = name
    component.instance.options = query ?? {}
    component.instance.onLoad?.(query ?? {})
    component.instance.onShow?.()
    component.instance.onReady?.()
    await settle()
    return { text: text(), images: all().filter((one) => one.tagName === 'WX-IMAGE').length, faults: [...faults] }
  },
  async tap({ text: words, className }) {
    const found = all().filter((one) => one.nodeType === 1 && (className ? new RegExp(`(^|\\s|--)${className}(\\s|$)`).test(one.className ?? '') : true)
      && (words ? (one.textContent ?? '').replace(/\s+/g, ' ').trim() === words : true))
    if (found.length === 0) throw new Error(`nothing says ${words ?? className}: ${text().slice(0, 400)}`)
    tap(words ? found[found.length - 1] : found[0])
    await settle()
    return { text: text(), calls: calls.splice(0), faults: [...faults] }
  },
  read: async () => { await settle(); return { text: text(), calls: calls.splice(0), store: Object.fromEntries(store), faults: [...faults] } },
  html: () => ({ html: page.dom.innerHTML }),
}

process.on('exit', () => faults.length && process.stderr.write(`${faults.join('\n')}\n`))
require(path.join(root, 'app.js'))
globalThis.__app?.onLaunch?.({ path: '', query: {}, scene: 1001 })

readline.createInterface({ input: process.stdin }).on('line', async (line) => {
  const command = JSON.parse(line)
  try {
    say({ ok: true, ...(await deeds[command.do](command)) })
  } catch (fault) {
    say({ ok: false, fault: String(fault.stack ?? fault).slice(0, 1500), faults: [...faults] })
  }
}).on('close', () => process.exit())
say({ ok: true, ready: true })
