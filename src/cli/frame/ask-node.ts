import { ClientError } from '../../client/client-error.ts'
import { OperationalError } from '../../primitives/operational-error.ts'

/** Runs a conversation with a node's API; what the node refuses, or that it is silent, becomes an API_REFUSED. */
export async function askNode<T>(url: string, conversation: () => Promise<T>): Promise<T> {
  try {
    return await conversation()
  } catch (cause) {
    if (!(cause instanceof ClientError)) throw cause
    throw new OperationalError('API_REFUSED', `${cause.code}: ${cause.message}.`, { where: url, cause })
  }
}
