/** Runs the simulations it is asked for, one after another: see `simulateMany`. */
import { simulate } from '../../simulator/simulate.ts'
import { obeyOrders } from '../frame/obey-orders.ts'

obeyOrders(simulate)
