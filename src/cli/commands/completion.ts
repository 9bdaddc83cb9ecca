import { defineCommand } from '../frame/command.ts'

export const completionCommand = defineCommand({
  name: 'completion',
  summary: 'Print a completion script for a shell',
  arguments: [{ name: 'shell', summary: 'bash, zsh or fish' }],
  options: {},
  examples: [
    { line: 'source <(synod completion bash)', shows: 'For this session of bash' },
    { line: 'synod completion zsh > ~/.zsh/completions/_synod', shows: 'For zsh, from the next session on' },
    { line: 'synod completion fish > ~/.config/fish/completions/synod.fish', shows: 'For fish' },
  ],
  run: async (invocation) => (await import('../completion/run-completion.ts')).runCompletion(invocation),
})
