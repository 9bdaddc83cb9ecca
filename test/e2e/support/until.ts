/** Asks again and again until the answer is something, and fails with what the last failure was when it never is. */
export async function until<T>(what: string, ask: () => Promise<T | undefined | false>, timeoutMs = 30_000): Promise<T> {
  const deadline = performance.now() + timeoutMs
  let failure: unknown
  for (;;) {
    try {
      const answer = await ask()
      if (answer !== undefined && answer !== false) return answer
      failure = undefined
    } catch (error) {
      failure = error
    }
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain until ${what}`, { cause: failure })
    await pause(50)
  }
}

/** Holds that an answer stays what it is for so long: the only way to see that something does not happen. */
export async function stays<T>(what: string, ask: () => Promise<T>, forMs: number): Promise<T> {
  const first = await ask()
  const deadline = performance.now() + forMs
  while (performance.now() < deadline) {
    const now = await ask()
    if (now !== first) throw new Error(`${what} did not stay ${String(first)}: it is ${String(now)}`)
    await pause(100)
  }
  return first
}

function pause(ms: number): Promise<void> {
  return new Promise((resume) => setTimeout(resume, ms))
}
