// browser.mjs HOST WRITE_KEY: a page of another site, in a real browser, with the published analytics.js that is told
// only where its settings are. Ends with 0 when the page says that its events were taken.
import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'

const [host, writeKey] = process.argv.slice(2)
const umd = new URL('./node_modules/@segment/analytics-next/dist/umd/', import.meta.url)

const page = `<!doctype html><title>Shop</title><script src="/umd/index.js"></script><script>
  const analytics = AnalyticsNext.AnalyticsBrowser.load({ writeKey: '${writeKey}', cdnURL: '${host}' })
  window.sent = (async () => {
    const all = [
      await analytics.identify('ann', { email: 'ann@example.org' }),
      await analytics.track('Product Added', { product_id: 'p1', price: 19.99 }),
      await analytics.page('Home'),
      await analytics.group('acme', { name: 'Acme' }),
      await analytics.alias('ann-2'),
    ]
    return all.map((one) => ({ type: one.event.type, failed: one.failedDelivery() ?? null, attempts: one.attempts }))
  })()
</script>`

const site = createServer(async (request, response) => {
  try {
    const name = basename(new URL(request.url, 'http://x').pathname)
    if (request.url.startsWith('/umd/')) {
      response.setHeader('Content-Type', 'text/javascript')
      response.end(await readFile(new URL(name, umd)))
    } else {
      response.setHeader('Content-Type', 'text/html')
      response.end(page)
    }
  } catch {
    response.statusCode = 404
    response.end()
  }
})
await new Promise((done) => site.listen(0, '127.0.0.1', done))

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
let failed = 0
try {
  const tab = await browser.newPage()
  const asked = []
  tab.on('response', (response) => asked.push(`${response.status()} ${response.request().method()} ${response.url()}`))
  tab.on('console', (message) => console.error(message.text()))
  await tab.goto(`http://127.0.0.1:${site.address().port}/`)
  const results = await tab.evaluate('window.sent')
  for (const result of results) if (result.failed) failed++
  // What the SDK says is that it handed them over; the answers are what counts.
  while (asked.filter((line) => line.startsWith('200 POST')).length < results.length && failed === 0)
    await tab.waitForResponse((response) => response.request().method() === 'POST', { timeout: 10_000 })
  console.log(asked.join('\n'))
} finally {
  await browser.close()
  site.close()
}
process.exit(failed)
