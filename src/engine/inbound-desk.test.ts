import { expect, it } from 'vitest'
import { createAccessList } from '../peers/access-list.ts'
import { defaultConnectionLimits } from '../peers/connection-limits.ts'
import { createHostBans } from '../peers/host-bans.ts'
import { silence } from '../ports/telemetry.ts'
import { createInboundDesk, type InboundDeskOptions } from './inbound-desk.ts'

it('a strained node lets in a handful and no more, and others again when it is well', () => {
  const refused: string[] = []
  let connected = 0
  let isOpen = false
  const desk = createInboundDesk({
    ports: {
      entropy: { bytes: (length: number) => new Uint8Array(length) },
      network: { peers: () => Array.from({ length: connected }, () => ({ direction: 'inbound' })) },
      telemetry: silence,
    },
    reputation: { access: createAccessList(), hosts: createHostBans(), now: () => 0 },
    limits: defaultConnectionLimits,
    isStaked: () => false,
    isOpen: () => isOpen,
    onRefused: (_host: string, limit: string) => void refused.push(limit),
  } as unknown as InboundDeskOptions)
  const arrive = (id: number) => desk.handlers.onInbound({ id, host: `10.${id}.0.1` })

  expect(arrive(1)).toBe('admit')
  connected = 7
  expect(arrive(2)).toBe('admit')
  connected = 8
  expect([arrive(3), refused]).toEqual(['refuse', ['load']])
  isOpen = true
  expect(arrive(4)).toBe('admit')
})
