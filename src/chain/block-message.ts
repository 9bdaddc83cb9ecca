import { type Infer, struct, uint } from '../codec/schema.ts'
import { blockSchema } from './block.ts'
import { commitSchema } from './certificate.ts'

/** Asks for final blocks, lowest first. The answer has one part a block and may end early. */
export const blockRequestSchema = struct('BlockRequest', { from: uint(), count: uint({ max: 128 }) })

/** A final block with the certificate that made it so. */
export const certifiedBlockSchema = struct('CertifiedBlock', { block: blockSchema, commit: commitSchema })
export type CertifiedBlock = Infer<typeof certifiedBlockSchema>

/** Gossiped when a block becomes final, so that whoever missed the votes learns of it from one message. */
export const announcementSchema = struct('Announcement', { commit: commitSchema })
