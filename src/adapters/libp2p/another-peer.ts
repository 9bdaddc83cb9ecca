/** How an error begins that tells of a peer who is not whom the dialled address names. */
export const anotherPeerAnswers = 'another peer answers at this address'
