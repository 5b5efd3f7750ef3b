import { describe, expect, it } from 'vitest';
import { Message } from '../../src/gen/raft/v1/raft.js';
import { Inbox } from '../../src/node/inbox.js';

const proposal = (bytes: number) => ({ context: new Uint8Array(0), data: new Uint8Array(bytes) });
const messages = (count: number) => Array.from({ length: count }, () => Message.create({}));

describe('the door of a node', () => {
  it('gives out everything once', () => {
    const inbox = new Inbox({ inboxItemsMax: 10, inboxBytesMax: 100 });
    inbox.offerMessages(messages(2));
    inbox.tick();
    inbox.offerProposal(proposal(5));

    const batch = inbox.drain(true);
    expect([batch.messages.length, batch.ticks, batch.proposals.length]).toEqual([2, 1, 1]);
    const empty = inbox.drain(true);
    expect([empty.messages.length, empty.ticks, empty.proposals.length]).toEqual([0, 0, 0]);
  });

  it('says no to a proposal when it is full, by number or by bytes, and yes again once it was emptied', () => {
    const byNumber = new Inbox({ inboxItemsMax: 2, inboxBytesMax: 1000 });
    expect([1, 2, 3].map(() => byNumber.offerProposal(proposal(1)))).toEqual([true, true, false]);
    byNumber.drain(true);
    expect(byNumber.offerProposal(proposal(1))).toBe(true);

    const byBytes = new Inbox({ inboxItemsMax: 10, inboxBytesMax: 100 });
    expect(byBytes.offerProposal(proposal(60))).toBe(true);
    expect(byBytes.offerProposal(proposal(60))).toBe(false);
  });

  it('takes one proposal however large when it is empty: the limit of a proposal is judged elsewhere', () => {
    const inbox = new Inbox({ inboxItemsMax: 10, inboxBytesMax: 10 });
    expect(inbox.offerProposal(proposal(1000))).toBe(true);
  });

  it('drops the messages that do not fit and says how many', () => {
    const inbox = new Inbox({ inboxItemsMax: 3, inboxBytesMax: 100 });
    expect(inbox.offerMessages(messages(2))).toBe(0);
    expect(inbox.offerMessages(messages(4))).toBe(3);
    expect(inbox.drain(true).messages).toHaveLength(3);
  });

  it('drops entries that do not fit by their bytes, and never what is small and needed most: heartbeats and votes', () => {
    const inbox = new Inbox({ inboxItemsMax: 10, inboxBytesMax: 100 });
    const append = (bytes: number) => Message.fromPartial({ entries: [{ data: new Uint8Array(bytes) }] });
    expect(inbox.offerMessages([append(500)])).toBe(0);
    expect(inbox.offerMessages([append(1), Message.create({}), append(2), Message.create({})])).toBe(2);
    expect(inbox.drain(true).messages.map(({ entries }) => entries.length)).toEqual([1, 0, 0]);
    expect(inbox.offerMessages([append(60), append(60)])).toBe(1);
  });

  it('keeps proposals at the door while the disk is busy, and lets messages and ticks through', () => {
    const inbox = new Inbox({ inboxItemsMax: 10, inboxBytesMax: 100 });
    inbox.offerProposal(proposal(1));
    inbox.offerMessages(messages(1));
    inbox.tick();
    const busy = inbox.drain(false);
    expect([busy.messages.length, busy.ticks, busy.proposals.length]).toEqual([1, 1, 0]);
    expect(inbox.drain(true).proposals).toHaveLength(1);
  });

  it('makes up for a few ticks only after a long pause: being asleep is no reason to campaign', () => {
    const inbox = new Inbox({ inboxItemsMax: 10, inboxBytesMax: 100 });
    for (let i = 0; i < 100; i++) inbox.tick();
    expect(inbox.drain(true).ticks).toBe(3);
  });
});
