import { type DnsAnswer, type DnsQuestion, noAnswer } from '../peers/dns-seeds/dns-answer.ts'
import type { Resolver } from '../ports/resolver.ts'
import type { Scheduler } from './scheduler.ts'

export interface SimulatedResolverOptions {
  readonly scheduler: Scheduler
  readonly name: string
  readonly host?: string
  /** What its server says; `timeout` is said when the time is over. */
  readonly answer: (question: DnsQuestion) => DnsAnswer
  readonly latencyMs?: number
  readonly timeoutMs?: number
}

/** A resolver whose answers are what a test makes of them, after a while. */
export function createSimulatedResolver(options: SimulatedResolverOptions): Resolver {
  const { scheduler, name, host = name, answer, latencyMs = 20, timeoutMs = 2000 } = options
  return {
    name,
    host,
    ask(question) {
      const said = /^[\x21-\x7e]{1,253}$/.test(question.name) ? answer(question) : noAnswer('malformed')
      const isLate = !said.ok && said.failure === 'timeout'
      return new Promise((resume) => scheduler.after(isLate ? timeoutMs : latencyMs, () => resume(said)))
    },
  }
}
