import { expect, test } from 'vitest'
import { gossipMesh } from '../../peers/gossip-mesh.ts'
import { createRandom } from '../random.ts'
import { eccentricity, growMesh } from './mesh.ts'
import { simulateGossip } from './simulate-gossip.ts'
import { spreadMessage } from './spread.ts'

const random = () => createRandom(3n)

test('a thousand nodes hear of a message within a few hops and half a second, though copies are lost', () => {
  const result = simulateGossip({ nodes: 1000, seed: 1, messages: 4 })
  expect(result.reached).toBe(1)
  expect(result.diameterHops).toBeLessThanOrEqual(5)
  expect(result.msTo50).toBeLessThan(result.msTo99)
  expect(result.msTo99).toBeLessThan(result.msTo100)
  expect(result.msTo100).toBeLessThan(1500)
  expect(result.duplicatesFactor).toBeGreaterThan(gossipMesh.degreeLow - 1)
  expect(result.duplicatesFactor).toBeLessThan(gossipMesh.degreeHigh)
})

test('the same seed gives the same figures, another seed others', () => {
  const run = (seed: number) => simulateGossip({ nodes: 200, seed, messages: 2 })
  expect(run(5)).toEqual(run(5))
  expect(run(6)).not.toEqual(run(5))
})

test('a mesh is mutual, within its bounds, and holds together', () => {
  const { mesh, neighbours } = growMesh(500, 20, gossipMesh, random())
  for (const [node, own] of mesh.entries()) {
    expect(own.size).toBeGreaterThanOrEqual(gossipMesh.degreeLow)
    expect(own.size).toBeLessThanOrEqual(gossipMesh.degreeHigh)
    for (const other of own) {
      expect(mesh[other]?.has(node)).toBe(true)
      expect(neighbours[node]).toContain(other)
    }
  }
  expect(eccentricity(mesh, 0)).toBeLessThanOrEqual(5)
})

test('hops are counted along the mesh, and nodes apart are told from nodes far away', () => {
  const line = [new Set([1]), new Set([0, 2]), new Set([1, 3]), new Set([2])]
  expect(eccentricity(line, 0)).toBe(3)
  expect(eccentricity(line, 1)).toBe(2)
  expect(eccentricity([...line, new Set<number>()], 0)).toBe(Number.POSITIVE_INFINITY)
})

test('who the mesh does not reach hears at a heartbeat, and asks', () => {
  const spread = spreadMessage(
    0,
    {
      neighbours: [[1], [0, 2], [1]],
      mesh: [new Set([1]), new Set([0]), new Set()],
      parameters: gossipMesh,
      latency: () => 10,
      validation: () => 5,
      loss: 0,
    },
    random(),
  )
  expect([...spread.hops]).toEqual([0, 1, 2])
  expect(spread.pulled).toBe(1)
  expect(spread.arrivedAt[1]).toBe(10)
  expect(spread.arrivedAt[2]).toBeGreaterThan(45)
})

test('without a heartbeat, a lost copy is a lost message', () => {
  const terrain = { neighbours: [[1], [0]], mesh: [new Set([1]), new Set([0])], latency: () => 1, validation: () => 1 }
  const spread = spreadMessage(0, { ...terrain, parameters: { ...gossipMesh, toldHeartbeats: 1 }, loss: 1 }, random())
  expect(spread.arrivedAt[1]).toBe(Number.POSITIVE_INFINITY)
})
