import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commands } from './commands.ts'
import type { Console } from './frame/command.ts'
import { runCommand } from './frame/run-command.ts'

/** The commands that need no running node, on a real home directory. */
let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'synod-cli-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

interface Ran {
  readonly status: number
  readonly out: string
  readonly err: string
}

async function synod(line: string | readonly string[], given: Partial<Console> & { readonly input?: string } = {}): Promise<Ran> {
  const written = { out: '', err: '' }
  const console: Console = {
    out(text) {
      written.out += text
    },
    err(text) {
      written.err += text
    },
    askSecret: async () => undefined,
    readInput: async () => given.input ?? '',
    environment: {},
    workingDirectory: directory,
    ...given,
  }
  const status = await runCommand(commands, typeof line === 'string' ? line.split(' ') : line, console)
  return { status, ...written }
}

const passphrase = 'correct horse battery staple'
const environment = { SYNOD_PASSPHRASE: passphrase }

describe('init', () => {
  it('founds a chain whose files are good, and overwrites nothing', async () => {
    const first = await synod('init --home one --name one --preset devnet --json', { environment })
    expect(first).toMatchObject({ status: 0, err: '' })
    const { chainId } = JSON.parse(first.out)
    const checked = await synod('config check --home one --json', { environment })
    expect(JSON.parse(checked.out)).toMatchObject({ ok: true, chainId, chain: 'one', validators: 1, accounts: 1 })

    const before = await readFile(join(directory, 'one/chain.toml'), 'utf8')
    const second = await synod('init --home one', { environment })
    expect(second.status).toBe(73)
    expect(second.err).toContain('CONFIG_FILE_EXISTS')
    expect(await readFile(join(directory, 'one/chain.toml'), 'utf8')).toBe(before)
  })

  it('keeps a passphrase of its own making to the owner, and says what that protects', async () => {
    const { status, out } = await synod('init --home made-up')
    expect(status).toBe(0)
    expect(out).toContain('It does not protect against who can read this home')
    const secret = (await readFile(join(directory, 'made-up/passphrase'), 'utf8')).trim()
    expect(secret).toMatch(/^[0-9a-f]{32}$/)
    expect(out).not.toContain(secret)
    expect((await stat(join(directory, 'made-up/passphrase'))).mode & 0o777).toBe(0o600)
    expect((await stat(join(directory, 'made-up/keys/validator.key'))).mode & 0o777).toBe(0o600)
  })

  it('founds a chain of several, each in a home with its own keys and ports', async () => {
    expect(await synod('init --home four --preset devnet --validators 4', { environment })).toMatchObject({ status: 0 })
    const chains = await Promise.all(
      [0, 1, 2, 3].map((index) => readFile(join(directory, `four/node${index}/chain.toml`), 'utf8')),
    )
    expect(new Set(chains).size).toBe(1)
    const listens = await Promise.all(
      [0, 1, 2, 3].map(async (index) => JSON.parse((await synod(`config show --home four/node${index} --json`)).out)),
    )
    expect(new Set(listens.map(({ p2p }) => p2p.listen[0])).size).toBe(4)
    expect(new Set(listens.map(({ api }) => api.port)).size).toBe(4)
    expect(listens[2].p2p.peers).toEqual([0, 1, 3].map((index) => listens[index].p2p.listen[0]))
  })

  it('joins a chain by its file, and refuses one that is not good', async () => {
    const joined = await synod('init --home joined --chain one/chain.toml --json', { environment })
    const founded = JSON.parse((await synod('config check --home one --json')).out)
    expect(JSON.parse(joined.out).chainId).toBe(founded.chainId)
    await writeFile(join(directory, 'bad.toml'), '[chain]\nnane = "x"\n')
    const bad = await synod('init --home bad --chain bad.toml', { environment })
    expect(bad.status).toBe(78)
    expect(bad.err).toContain('Did you mean chain.name?')
    expect(await readdir(directory)).not.toContain('bad')
    expect(await synod('init --home x --chain one/chain.toml --name x', { environment })).toMatchObject({ status: 64 })
  })
})

describe('keys', () => {
  const seed = '07'.repeat(32)

  it('come and go without showing a secret unless told to', async () => {
    const made = await synod('keys new alice --home one', { environment })
    const imported = await synod('keys import bob --home one --json', { environment, input: `${seed}\n` })
    const listed = JSON.parse((await synod('keys list --home one --json')).out)
    expect(listed.keys.map(({ name }: { name: string }) => name)).toEqual(['alice', 'bob', 'operator'])
    const address = (await synod('keys address bob --home one')).out.trim()
    expect(JSON.parse(imported.out).address).toBe(address)
    const shown = await synod('keys show bob --home one', { environment })
    const refused = await synod('keys export bob --home one', { environment })
    expect(refused.status).toBe(64)
    for (const { out, err } of [made, imported, shown, refused]) {
      expect(out + err).not.toContain(seed)
      expect(out + err).not.toContain(passphrase)
    }
    expect(await synod('keys export bob --home one --yes', { environment })).toMatchObject({ status: 0, out: `${seed}\n` })
  })

  it.each([
    ['keys new alice --home one', environment, 73, 'CONFIG_FILE_EXISTS'],
    ['keys new ../alice --home one', environment, 64, 'USAGE_INVALID'],
    ['keys new validator --home one', environment, 64, 'USAGE_INVALID'],
    ['keys show alcie --home one', environment, 66, 'Did you mean alice?'],
    ['keys show alice --home one', { SYNOD_PASSPHRASE: 'wrong' }, 77, 'KEY_FILE_PASSPHRASE'],
    ['keys show alice --home one', {}, 78, 'PASSPHRASE_MISSING'],
    ['keys import carol --home one', environment, 64, 'USAGE_INVALID'],
    ['keys list --home nowhere', environment, 66, 'CONFIG_FILE_MISSING'],
    ['keys show alice --home one --passphrase-file nowhere', environment, 78, 'PASSPHRASE_MISSING'],
  ])('%s is refused (%o)', async (line, given, status, text) => {
    const ran = await synod(line, { environment: given as Record<string, string> })
    expect(ran.err).toContain(text)
    expect(ran.status).toBe(status)
    expect(ran.out).toBe('')
  })

  it('a passphrase file that others may read is refused', async () => {
    await writeFile(join(directory, 'open'), 'x\n', { mode: 0o644 })
    expect((await synod('keys show alice --home one --passphrase-file open')).err).toContain('KEY_FILE_EXPOSED')
  })

  it('the validator’s public side is what a chain spec needs', async () => {
    const shown = JSON.parse((await synod('keys show validator --home one --json', { environment })).out)
    expect(await readFile(join(directory, 'one/chain.toml'), 'utf8')).toContain(shown.possession)
  })
})

describe('config', () => {
  it('shows where each value comes from', async () => {
    const { out } = await synod('config show --home one --origin --set log.level=debug', { environment: { SYNOD_API_PORT: '5' } })
    expect(out).toMatch(/^log\.level = "debug" +# --set$/m)
    expect(out).toMatch(/^api\.port = 5 +# SYNOD_API_PORT$/m)
    expect(out).toMatch(/^p2p\.listen = .*# .*one\/node\.toml:\d+$/m)
    expect(out).toMatch(/^log\.format = "auto" +# default$/m)
  })

  it('lists everything that is wrong, as text and as JSON', async () => {
    const line = 'config check --home one --set api.prot=1 --set log.level=loud'
    const { status, err, out } = await synod(line)
    expect({ status, out }).toEqual({ status: 78, out: '' })
    expect(err).toBe(
      [
        'CONFIG_UNKNOWN_KEY  --set',
        '  Unknown key api.prot. Did you mean api.port?',
        'CONFIG_INVALID_VALUE  --set',
        '  log.level is "loud"; it must be "debug" or "info" or "warn" or "error".',
        '  Docs: docs/errors.md#config_unknown_key                              exit 78',
        '',
      ].join('\n'),
    )
    const json = await synod(`${line} --json`)
    expect(JSON.parse(json.out).error).toMatchObject({
      code: 'CONFIG_UNKNOWN_KEY',
      exit: 78,
      others: [{ code: 'CONFIG_INVALID_VALUE' }],
    })
  })
})

describe('tx send', () => {
  it.each([
    ['--to nobody --amount 1', 'is mistyped or cut off'],
    ['--to ADDRESS --amount 0', 'an amount of tokens'],
    ['--to ADDRESS --amount 1.0000000001', 'an amount of tokens'],
    ['--to ADDRESS --amount 1 --fee x', 'After --fee'],
    [`--to ADDRESS --amount 1 --memo ${'m'.repeat(257)}`, 'The memo has 257 bytes'],
  ])('%s is refused before any key is opened', async (line, text) => {
    const address = (await synod('keys address alice --home one')).out.trim()
    const { status, err } = await synod(`tx send --home one --from alice ${line.replace('ADDRESS', address)}`)
    expect(err).toContain(text)
    expect(status).toBe(64)
  })

  it('says when no node answers', async () => {
    const address = (await synod('keys address alice --home one')).out.trim()
    const line = `tx send --home one --from alice --to ${address} --amount 1 --api http://127.0.0.1:1`
    expect((await synod(line, { environment })).err).toContain('API_UNREACHABLE')
  })
})

describe('doctor', () => {
  interface Found {
    readonly ok: boolean
    readonly findings: readonly { readonly check: string; readonly level: string; readonly found: string }[]
  }
  const levelOf = ({ findings }: Found, check: string) => findings.find((finding) => finding.check === check)?.level

  it('finds a new home well, says what to do where it is not, and changes nothing', async () => {
    await synod('init --home well --preset devnet', { environment })
    const before = await readdir(join(directory, 'well'))
    const line = 'doctor --home well --set p2p.listen=/ip4/127.0.0.1/tcp/0 --set api.port=0 --json'.split(' ')
    const well = await synod(line, { environment })
    expect(well.err).toBe('')
    const found = JSON.parse(well.out) as Found
    // The disk of who tests may be slow or full.
    const others = found.findings.filter(({ check }) => !check.startsWith('disk'))
    expect(others.filter(({ level }) => level === 'failure')).toEqual([])
    expect(well.status).toBe(found.ok ? 0 : 1)
    for (const check of ['node version', 'configuration', 'node', 'key files', 'p2p port'])
      expect(levelOf(found, check)).toBe('ok')
    expect(levelOf(found, 'clock')).toBe('warning')
    expect(levelOf(found, 'disk speed')).toBeDefined()
    expect(await readdir(join(directory, 'well'))).toEqual(before)

    await chmod(join(directory, 'well/keys/peer.key'), 0o644)
    const exposed = await synod(line.slice(0, -1), { environment })
    expect(exposed.status).toBe(1)
    expect(exposed.out).toMatch(/^failure {2}key files .*mode 644: others can use it\n +Run chmod 600 /m)
  })

  it('says that a home has no configuration', async () => {
    const { status, out } = await synod('doctor --home nowhere --json')
    expect(status).toBe(1)
    expect(levelOf(JSON.parse(out) as Found, 'configuration')).toBe('failure')
  })
})
