// node.mjs HOST WRITE_KEY SDK: sends one event of each kind with the published SDK, as its documentation shows, and ends
// with 0 when the SDK says that all were taken.
import { Analytics } from '@segment/analytics-node'
import RudderAnalytics from '@rudderstack/rudder-sdk-node'

const [host, writeKey, sdk] = process.argv.slice(2)

async function segment() {
  const analytics = new Analytics({ writeKey, host, flushAt: 3, flushInterval: 50 })
  const errors = []
  analytics.on('error', (error) => errors.push(error))
  analytics.identify({ userId: 'ann', traits: { email: 'ann@example.org', plan: 'pro' } })
  analytics.track({ userId: 'ann', event: 'Order Completed', properties: { order_id: '1', total: 19.99 } })
  analytics.page({ userId: 'ann', name: 'Home', properties: { path: '/' } })
  analytics.screen({ anonymousId: 'device-1', name: 'Start' })
  analytics.group({ userId: 'ann', groupId: 'acme', traits: { name: 'Acme' } })
  analytics.alias({ previousId: 'device-1', userId: 'ann' })
  await analytics.closeAndFlush()
  if (errors.length) throw errors[0]
}

async function rudder() {
  const analytics = new (RudderAnalytics.default ?? RudderAnalytics)(writeKey, { dataPlaneUrl: host, flushAt: 3, flushInterval: 50 })
  const all = []
  const sent = (name, call) =>
    all.push(new Promise((done, fail) => analytics[name](call, (error) => (error ? fail(error) : done()))))
  sent('identify', { userId: 'ann', traits: { email: 'ann@example.org', plan: 'pro' } })
  sent('track', { userId: 'ann', event: 'Order Completed', properties: { order_id: '1', total: 19.99 } })
  sent('page', { userId: 'ann', name: 'Home', properties: { path: '/' } })
  sent('screen', { anonymousId: 'device-1', name: 'Start' })
  sent('group', { userId: 'ann', groupId: 'acme', traits: { name: 'Acme' } })
  sent('alias', { previousId: 'device-1', userId: 'ann' })
  await analytics.flush()
  await Promise.all(all)
}

await { segment, rudder }[sdk]()
process.exit(0)
