/**
 * The floors and fences of src/, as drawn in ARCHITECTURE.md. Imports point strictly down, types included. Tests, and the contract
 * suites that several of them run, stand outside the floors: they may climb to the simulator, read files and use any package, and
 * nothing else may import them.
 */

/** Rooms by floor, from the ground up. */
export const floors = [
  ['primitives'],
  ['codec', 'crypto', 'settings'],
  ['chain', 'application'],
  ['consensus', 'mempool', 'sync', 'light', 'peers', 'attestation', 'privacy'],
  ['ports'],
  ['engine'],
  ['adapters', 'simulator'],
  ['node', 'client'],
  ['api', 'cli'],
  ['entry'],
]

const tests = '\\.(test|contract)\\.ts$'
const inside = (rooms) => `^src/(${rooms.join('|')})/`
const error = (name, comment, from, to) => ({ name, comment, severity: 'error', from: { pathNot: tests, ...from }, to })

const downwards = floors
  .slice(0, -1)
  .map((rooms, floor) =>
    error(
      `floor-${floor}-imports-down`,
      `${rooms.join(', ')}: imports point strictly down, types included.`,
      { path: inside(rooms) },
      { path: inside(floors.slice(floor + 1).flat()) },
    ),
  )

const separateRooms = [3, 6].map((floor) =>
  error(
    `floor-${floor}-rooms-apart`,
    `Rooms of floor ${floor} do not import each other; the floor above joins them.`,
    { path: inside(floors[floor]) },
    { path: inside(floors[floor]), pathNot: '^src/$1/' },
  ),
)

const pure = floors.slice(0, 6).flat()

export default {
  forbidden: [
    ...downwards,
    ...separateRooms,
    error(
      'adapters-apart',
      'An adapter implements ports and knows no other adapter.',
      { path: '^src/adapters/([^/]+)/' },
      { path: '^src/adapters/', pathNot: '^src/adapters/$1/' },
    ),
    error(
      'known-rooms',
      'Every file of src stands in a room that has a floor.',
      { path: '^src/', pathNot: inside(floors.flat()) },
      {},
    ),
    error(
      'libp2p-in-its-adapter',
      'libp2p and its types never leave adapters/libp2p, so that the simulator can take its place.',
      { pathNot: `^src/adapters/libp2p/|^test/|${tests}` },
      { path: '(^|/)node_modules/(@?libp2p|@chainsafe/libp2p-[^/]+|@multiformats/multiaddr)/' },
    ),
    error(
      'no-machine-below-floor-6',
      'The machine enters through ports. Only crypto/ (node:crypto) and codec/ (node:zlib) use what Node computes without a clock or I/O.',
      { path: inside(pure), pathNot: `^src/(crypto|codec)/|${tests}` },
      { dependencyTypes: ['core'] },
    ),
    error(
      'crypto-and-codec-compute-only',
      'crypto/ may use node:crypto, codec/ node:zlib, and neither anything else of the machine.',
      { path: '^src/(crypto|codec)/' },
      { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|zlib)$' },
    ),
    error(
      'protocol-without-packages',
      'The protocol itself is our own code: a package in it could bring a clock, randomness or floating point. One file reads IP addresses.',
      { path: '^src/(primitives|consensus|mempool|sync|light|peers)/', pathNot: `^src/peers/network-group\\.ts$|${tests}` },
      { dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer'] },
    ),
    error('no-circles', 'A circle has no floor.', {}, { circular: true }),
    error(
      'no-tests-in-production',
      'Nothing imports a test, or what only tests use.',
      { path: '^src/' },
      { path: `${tests}|^test/` },
    ),
    error(
      'no-development-packages',
      'What runs in production is installed in production.',
      { path: '^src/' },
      {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only'],
      },
    ),
    error('resolvable', 'Every import resolves.', {}, { couldNotResolve: true }),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
      extensions: ['.ts', '.js'],
    },
  },
}
