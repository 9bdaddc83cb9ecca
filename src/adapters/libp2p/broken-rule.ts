/** A peer broke a rule below its streams. As the reason a connection was aborted for, it is told like any other violation. */
export class BrokenRule extends Error {
  override readonly name = 'BrokenRule'
}
