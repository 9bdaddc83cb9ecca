/** Run inside a namespace: maps port 4001 through whatever gateway answers, and prints what came of it; `--keep` leaves the mapping there. */
import { createUpnpGateway } from '../../src/adapters/nat/upnp-gateway.ts'
import { createSystemClock } from '../../src/adapters/system/system-clock.ts'

const gateway = await createUpnpGateway({ clock: createSystemClock() }).find()
const mapping = { protocol: 'tcp', internalPort: 4001, externalPort: 4001, leaseSeconds: 3600 } as const
const stoodBefore = await gateway?.stands(mapping)
const granted = await gateway?.map(mapping)
const stands = await gateway?.stands(mapping)
if (!process.argv.includes('--keep')) await gateway?.unmap(mapping)
const externalHost = await gateway?.externalHost()
process.stdout.write(JSON.stringify({ internalHost: gateway?.internalHost, externalHost, stoodBefore, granted, stands }))
