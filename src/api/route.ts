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
  handle(node: SynodNode, request: RouteRequest): Promise<unknown> | unknown
}

export interface RouteRequest {
  readonly parameters: Readonly<Record<string, string>>
  readonly search: Readonly<Record<string, string | undefined>>
  readonly body: unknown
}
