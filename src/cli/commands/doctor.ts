import { defineCommand } from '../frame/command.ts'
import { homeOf, homeOption, jsonOption, setOption } from '../frame/shared-options.ts'

export const doctorCommand = defineCommand({
  name: 'doctor',
  summary: 'Check this machine, and say what to do about what is wrong',
  details:
    'Before the node starts, or beside it while it runs, which tells more. It looks at the clock, the ports, the network address translation, the public address, the DNS seeds, the disk, the limit of open files, the runtime and the key files, and asks the running node whether it can be reached, and how old its next block is, which compares the clock with the validators’. It asks only servers that are configured, and changes nothing. Exit status 1 when something is a failure; warnings leave it 0.',
  options: {
    home: homeOption,
    set: setOption,
    stun: {
      type: 'text',
      value: 'server',
      repeated: true,
      summary: 'STUN server that is asked for the kind of NAT, as host or host:port; default nat.stun_servers',
    },
    json: jsonOption,
  },
  examples: [
    { line: 'synod doctor --home ~/my-chain', shows: 'Check the node of a home' },
    { line: 'synod doctor --set node.time_servers=time.example.org', shows: 'Ask a time server too, this once' },
    { line: 'synod doctor --stun stun.example.org', shows: 'Find out what kind of NAT this machine is behind' },
  ],
  async run({ options, console }) {
    const { runDoctor } = await import('../doctor/run-doctor.ts')
    return runDoctor({
      home: homeOf(options.home, console),
      overrides: options.set,
      stunServers: options.stun,
      json: options.json,
      console,
    })
  },
})
