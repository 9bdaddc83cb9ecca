import { type Infer, list, struct, uint } from '../codec/schema.ts'
import { commitSchema } from './certificate.ts'
import { headerSchema } from './header.ts'

/** Most headers of one answer: a quarter of a megabyte. */
export const headersMax = 512

/** Asks for the headers of final blocks, lowest first. The answer is one `HeaderRange`, or nothing where there are none. */
export const headersRequestSchema = struct('HeadersRequest', { from: uint(), count: uint({ max: headersMax }) })

/**
 * Consecutive headers and the certificate of the last. It ends early at the other's tip, and always at a header whose next validators are
 * others than its own: whoever knows the validators of the first can check the certificate of the last, and so all of them.
 */
export const headerRangeSchema = struct('HeaderRange', {
  headers: list(headerSchema, { min: 1, max: headersMax }),
  commit: commitSchema,
})
export type HeaderRange = Infer<typeof headerRangeSchema>
