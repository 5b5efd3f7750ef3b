import { Crowd, type CrowdOrder } from './crowd.js';
import { type FloodOrder, flood } from './flood.js';

// A process of its own that makes the load it is told to: its own event loop must not be the one that is measured.
// It is forked, takes orders as messages, and answers each with a report. It ends with the channel.

/** Lets the crowds of this process go. */
export interface LeaveOrder {
  readonly kind: 'leave';
}

const crowds: Crowd[] = [];

async function carryOut(order: FloodOrder | CrowdOrder | LeaveOrder): Promise<object> {
  if (order.kind === 'flood') return flood(order);
  if (order.kind === 'crowd') {
    const crowd = await Crowd.gather(order);
    crowds.push(crowd);
    return crowd.report();
  }
  const reports = crowds.map((crowd) => crowd.report());
  for (const crowd of crowds.splice(0)) crowd.leave();
  const sum = (pick: (report: (typeof reports)[number]) => number) =>
    reports.reduce((total, report) => total + pick(report), 0);
  return { taken: sum(({ taken }) => taken), open: sum(({ open }) => open) };
}

process.on('message', (order: FloodOrder | CrowdOrder | LeaveOrder) => {
  carryOut(order).then(
    (report) => process.send?.({ report }),
    (thrown: unknown) => process.send?.({ error: String(thrown) }),
  );
});
