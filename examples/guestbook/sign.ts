import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { bytesFromView, createClient, readTrust, utf8, verifiedHeader, verifyState } from 'synod/client'

const [url = '', chainFile = '', line = ''] = process.argv.slice(2)
const client = createClient(url)
const trust = readTrust(readFileSync(chainFile, 'utf8'))
const textOf = (hexadecimal: string) => new TextDecoder().decode(bytesFromView(hexadecimal))

const [answer] = await client.submit([utf8(line)])
if (!answer || !('id' in answer)) throw new Error(`refused: ${answer?.code} ${answer?.detail}`)
let final = await client.transaction(answer.id)
for (const deadline = Date.now() + 10_000; !final && Date.now() < deadline; await pause(50)) {
  final = await client.transaction(answer.id)
}
if (!final) throw new Error('not final after ten seconds')

const key = `line/${textOf(final.result.data)}`
const state = await client.state(utf8(key))
const header = await verifiedHeader(client, state.height, trust)
const proof = header.ok ? verifyState(state, utf8(key), header.value) : header
console.log(`${key}: ${textOf(state.value ?? '')}`)
console.log(proof.ok ? `proved by the block of height ${state.height}` : `not proved: ${proof.error.code} ${proof.error.detail}`)
