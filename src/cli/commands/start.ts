import { defineCommand } from '../frame/command.ts'
import {
  applicationModuleOf,
  applicationOption,
  homeOf,
  homeOption,
  passphraseOption,
  setOption,
} from '../frame/shared-options.ts'

export const startCommand = defineCommand({
  name: 'start',
  summary: 'Run the node of a home directory',
  details: 'Runs until SIGTERM or Ctrl-C, then stops with everything on disk. The log goes to standard error.',
  options: { home: homeOption, application: applicationOption, set: setOption, 'passphrase-file': passphraseOption },
  examples: [
    { line: 'synod start --home ~/my-chain', shows: 'Run a node' },
    { line: 'synod start --set log.level=debug --set api.enabled=false', shows: 'Run it with other settings, this once' },
  ],
  async run({ options, console }) {
    const [{ runStart }, { readPassphrase }] = await Promise.all([
      import('../start/run-start.ts'),
      import('../frame/passphrase.ts'),
    ])
    const home = homeOf(options.home, console)
    const application = applicationModuleOf(options.application, console)
    return runStart({
      home,
      environment: console.environment,
      overrides: application === undefined ? options.set : [...options.set, `node.application=${application}`],
      passphrase: () => readPassphrase({ console, home, file: options['passphrase-file'] }),
    })
  },
})
