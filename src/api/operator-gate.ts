import { createHash, timingSafeEqual } from 'node:crypto'
import type { Telemetry } from '../ports/telemetry.ts'
import { createBoundedMap } from '../primitives/bounded-map.ts'
import { type TokenBucket, takeTokens, tokenBucketPolicy } from '../primitives/token-bucket.ts'
import { ApiError } from './api-error.ts'

/**
 * Lets the node's operator in, and nobody else: whoever shows the operator token in `Authorization: Bearer`. The token has 256 bits,
 * so no rate of guessing finds it; what is limited is how often a stranger is answered, and how much of the log it fills. A right
 * token is let in however many wrong ones come beside it: nobody can lock the operator out.
 */
export interface OperatorGate {
  /** Whether the request is the operator's. Throws `ApiError` for one that claims so in vain, and for one without a token that needs one. */
  isOperator(request: OperatorRequest, needed: boolean): boolean
  /** Whether it shows the token, with no consequence for who does not. */
  knows(authorization: string | undefined): boolean
}

export interface OperatorRequest {
  readonly authorization: string | undefined
  readonly search: Readonly<Record<string, unknown>>
  /** Address of whoever asks. */
  readonly host: string
}

/** Refusals that one address is given at once, and then one a second; beyond them it hears only that it asks too often. */
const refusals = tokenBucketPolicy(1, 1000, 10)
const hostsMax = 4096
const logEveryMs = 60_000

export function createOperatorGate(options: {
  token: string
  telemetry: Pick<Telemetry, 'log' | 'count'>
  /** Milliseconds that never go back. */
  now?: () => number
}): OperatorGate {
  const { telemetry, now = () => performance.now() } = options
  const expected = digest(options.token)
  const byHost = createBoundedMap<string, TokenBucket>(hostsMax)
  let refused = 0
  let loggedAt = Number.NEGATIVE_INFINITY

  function refuse(host: string, error: ApiError): ApiError {
    telemetry.count('synod_operator_refusals_total', 1, { code: error.code })
    refused++
    const at = now()
    if (at - loggedAt >= logEveryMs) {
      telemetry.log('warn', 'requests for the operator were refused', { host, requests: refused })
      loggedAt = at
      refused = 0
    }
    const { conforms, bucket } = takeTokens(refusals, byHost.get(host) ?? 0, at)
    byHost.set(host, bucket)
    return conforms ? error : new ApiError(429, 'API_TOKEN_THROTTLED', 'too many requests without the operator token')
  }

  // Digests have one length, and comparing them tells nothing of the token.
  const isRight = (given: string) => timingSafeEqual(digest(given), expected)

  return {
    knows(authorization) {
      const given = tokenIn(authorization)
      return given !== undefined && isRight(given)
    },
    isOperator({ authorization, search, host }, needed) {
      // What stands in a URL is kept by proxies and browsers: a token that came that way is as good as published.
      if ('token' in search || 'access_token' in search)
        throw refuse(host, missing('a token in a URL is refused: send it in the header, and make a new one'))
      if (authorization === undefined && !needed) return false
      const given = tokenIn(authorization)
      if (given === undefined) throw refuse(host, missing('this needs the operator token: `Authorization: Bearer <token>`'))
      if (!isRight(given)) throw refuse(host, new ApiError(403, 'API_TOKEN_WRONG', 'this is not the operator token of this node'))
      return true
    },
  }
}

function tokenIn(authorization: string | undefined): string | undefined {
  return /^Bearer +([^\s]+)$/i.exec(authorization ?? '')?.[1]
}

function missing(message: string): ApiError {
  return new ApiError(401, 'API_TOKEN_MISSING', message)
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
