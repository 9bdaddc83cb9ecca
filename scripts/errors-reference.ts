import { resultCodes } from '../src/application/ledger/result-codes.ts'
import { operationalErrors, rejections } from '../src/primitives/error-catalogue.ts'

/** `docs/errors.md`: one section per code, so that every message a person sees can link to its own. */
export function errorsReference(): string {
  const operational = Object.entries(operationalErrors).map(([code, entry]) =>
    section(code, `${entry.summary}\n\n**What to do:** ${entry.hint}\n\nExit status ${entry.exit}.`),
  )
  const refused = Object.entries(rejections).map(([code, entry]) =>
    section(code, `${entry.summary}\n\nVerdict: *${entry.verdict}*.`),
  )
  const results = Object.entries(resultCodes).map(
    ([name, { code, effect, summary }]) => `| ${code} | \`${name}\` | ${effect} | ${summary} |`,
  )
  return `<!-- Generated from src/primitives/error-catalogue.ts and src/application/ledger/result-codes.ts by \`npm run docs\`. -->

# Errors

Synod tells three kinds of failure apart. A fault of its own is an assertion: it stops the process, and is a bug to report. A fault
of the machine, the disk or the configuration is an *operational error*: a command ends with it and its exit status. A fault of
another party is a *rejection*: the message is refused, and the node goes on.

## Operational errors

${operational.join('\n')}
## Rejections

\`reject\` costs the peer that sent the message reputation; \`ignore\` does not, since it may be honest and merely late or ahead. The
HTTP API answers a client's rejected request with the same code.

${refused.join('\n')}
## Results of ledger transactions

What became of a transaction of the built-in ledger that stands in a block. A *skipped* one has no effect: it pays nothing, and its
nonce stays free. The operations of a *failed* one do nothing, while its fee is paid and its nonce used.

| code | name | effect | meaning |
|---|---|---|---|
${results.join('\n')}
`
}

function section(code: string, body: string): string {
  return `### ${code}\n\n${body}\n`
}
