/** What a working process does (see worker-processes.ts): answers each order with a report, and ends with its parent, or with the first order that fails. */
export function obeyOrders<Order, Report>(obey: (order: Order) => Promise<Report>): void {
  process.on('message', (order: Order) => {
    obey(order).then(
      (report) => process.send?.(report),
      (error) => {
        console.error(error)
        process.exit(1)
      },
    )
  })
  process.once('disconnect', () => process.exit(0))
}
