import { describe, expect, it } from 'vitest'
import { commands } from '../commands.ts'
import { bashCompletion } from '../completion/bash.ts'
import { fishCompletion } from '../completion/fish.ts'
import { zshCompletion } from '../completion/zsh.ts'
import { type Console, defineCommand, type Invocation } from './command.ts'
import { commandHelp } from './help.ts'
import { runCommand } from './run-command.ts'

let seen: Pick<Invocation, 'options' | 'arguments'> | undefined

const greet = defineCommand({
  name: 'greet',
  summary: 'Greet somebody',
  arguments: [{ name: 'who', summary: 'Whom' }],
  options: {
    tone: { type: 'text', choices: ['warm', 'cool'], standard: 'warm', summary: 'How' },
    times: { type: 'integer', min: 1, max: 9, summary: 'How often' },
    add: { type: 'text', repeated: true, summary: 'What else' },
    loud: { type: 'flag', summary: 'Loudly' },
  },
  examples: [],
  async run({ options, arguments: words }) {
    seen = { options, arguments: words }
    return options.loud ? 3 : 0
  },
})
const group = ['sheep count', 'sheep shear'].map((name) => defineCommand({ ...greet, name, options: {}, run: async () => 0 }))
const broken = defineCommand({
  ...greet,
  name: 'break',
  arguments: [],
  options: {},
  run: () => Promise.reject(new TypeError('a bug')),
})

async function run(...words: readonly string[]) {
  const written = { out: '', err: '' }
  seen = undefined
  const console: Console = {
    out(text) {
      written.out += text
    },
    err(text) {
      written.err += text
    },
    askSecret: async () => undefined,
    readInput: async () => '',
    environment: {},
    workingDirectory: '/',
  }
  const status = await runCommand([greet, ...group, broken], words, console)
  return { status, ...written }
}

describe('a good line', () => {
  it('is read into typed options', async () => {
    expect(await run('greet', 'Ada', '--times', '3', '--add', 'a', '--add=b', '--loud')).toMatchObject({ status: 3 })
    expect(seen).toEqual({ options: { tone: 'warm', times: 3, add: ['a', 'b'], loud: true, help: false }, arguments: ['Ada'] })
  })

  it('after -- everything is an argument', async () => {
    await run('greet', '--', '--loud')
    expect(seen?.arguments).toEqual(['--loud'])
  })
})

describe('a bad line', () => {
  it.each([
    [['gret', 'x'], 'CLI_UNKNOWN_COMMAND', 'There is no command "gret". Did you mean greet?'],
    [['sheep', 'sher'], 'CLI_UNKNOWN_COMMAND', 'There is no command "sheep sher". Did you mean sheep shear?'],
    [['\u001b[31m'], 'CLI_UNKNOWN_COMMAND', 'There is no command "\\u001b[31m".'],
    [['--frobnicate'], 'USAGE_INVALID', 'A command comes before "--frobnicate".'],
    [['greet', 'x', '--tims', '3'], 'CLI_UNKNOWN_OPTION', 'synod greet has no option "--tims". Did you mean --times?'],
    [['greet', 'x', '--constructor', '3'], 'CLI_UNKNOWN_OPTION', 'has no option "--constructor".'],
    [['greet', 'x', '-q'], 'CLI_UNKNOWN_OPTION', 'has no option "-q".'],
    [['greet'], 'USAGE_INVALID', 'synod greet needs <who>: whom.'],
    [['greet', 'a', 'b'], 'USAGE_INVALID', 'synod greet does not take "b".'],
    [['greet', 'x', '--tone', 'wram'], 'USAGE_INVALID', '--tone is "wram"; it must be warm or cool. Did you mean warm?'],
    [['greet', 'x', '--times', 'many'], 'USAGE_INVALID', '--times is "many"; it must be an integer.'],
    [['greet', 'x', '--times', '10'], 'USAGE_INVALID', '--times is 10; it must be 1 to 9.'],
    [['greet', 'x', '--times', '1', '--times', '2'], 'USAGE_INVALID', '--times is given 2 times.'],
    [['greet', 'x', '--times'], 'USAGE_INVALID', '--times needs a value.'],
    [['greet', 'x', '--loud=no'], 'USAGE_INVALID', '--loud takes no value.'],
  ])('%j is %s', async (words, code, message) => {
    const { status, out, err } = await run(...words)
    expect(err).toContain(code)
    expect(err).toContain(message)
    expect({ status, out }).toEqual({ status: 64, out: '' })
    expect(seen).toBeUndefined()
  })

  it('with --json is answered in JSON', async () => {
    const { out, err } = await run('gret', '--json')
    expect(err).toBe('')
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'CLI_UNKNOWN_COMMAND', exit: 64 } })
  })
})

describe('help', () => {
  it('is a result when asked for, of all, of a group, of one', async () => {
    for (const words of [[], ['--help'], ['sheep', '--help'], ['greet', '-h'], ['greet', '--help', '--tone', 'cool']]) {
      const { status, out } = await run(...words)
      expect({ status, usage: out.includes('Usage: synod') }).toEqual({ status: 0, usage: true })
    }
  })

  it('in place of a missing command is an error', async () => {
    expect(await run('sheep')).toMatchObject({ status: 64, out: '' })
  })
})

it('a fault of ours is told as such', async () => {
  const { status, err } = await run('break')
  expect(status).toBe(70)
  expect(err).toContain('a fault of Synod itself')
  expect(err).toContain('a bug')
})

describe('every command', () => {
  it.each(commands.map((command) => [command.name, command] as const))('%s is declared well', (name, command) => {
    expect(name).toMatch(/^[a-z-]+( [a-z-]+)?$/)
    expect(command.summary).toMatch(/^[A-Z].*[^.]$/)
    expect(command.examples.length).toBeGreaterThan(0)
    for (const line of commandHelp(command).split('\n')) expect(line.length).toBeLessThanOrEqual(132)
  })

  it('is offered by every completion', () => {
    for (const script of [bashCompletion(commands), zshCompletion(commands), fishCompletion(commands)]) {
      for (const { name, options } of commands) {
        expect(script).toContain(name.split(' ').at(-1))
        for (const option of Object.keys(options)) expect(script).toContain(option)
      }
    }
  })
})
