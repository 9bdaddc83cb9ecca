import type { z } from 'zod'
import type { SynodNode } from '../engine/synod-node.ts'

/** One operation of the API: the server registers it, and the OpenAPI document describes it, from this alone. */
export interface Route {
  readonly method: 'GET' | 'POST'
  /** With `{name}` for parameters. */
  readonly path: string
  readonly summary: string
  readonly parameters?: Readonly<Record<string, { readonly description: string; readonly schema: z.ZodType }>>
  /** In the query string, each optional. */
  readonly search?: Readonly<Record<string, { readonly description: string; readonly schema: z.ZodType }>>
  readonly body?: z.ZodType
  readonly answer: z.ZodType
  /** `alone`: answered with the operator token only. `told-more`: answered to all, and says more to who has it. Absent: the same to all. */
  readonly operator?: 'alone' | 'told-more'
  handle(node: SynodNode, request: RouteRequest): Promise<unknown> | unknown
}

export interface RouteRequest {
  readonly parameters: Readonly<Record<string, string>>
  readonly search: Readonly<Record<string, string | undefined>>
  readonly body: unknown
  /** The request has the operator token. */
  readonly operator: boolean
}
