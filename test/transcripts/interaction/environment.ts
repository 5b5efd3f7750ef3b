import type { Message } from '../../../src/gen/raft/v1/raft.js';
import { Output, StepError } from './output.js';
import type { StoryNode } from './story-node.js';

/** What a story acts on: its nodes, the messages under way, and what is printed. */
export class Environment {
  /** The node with id i stands at i - 1. */
  readonly nodes: StoryNode[] = [];
  /** Oldest first. They stay until a step delivers or drops them. */
  messages: Message[] = [];
  readonly output = new Output();

  /** @throws StepError where there is no such node */
  nodeOf(id: number): StoryNode {
    const found = this.nodes[id - 1];
    if (found === undefined) throw new StepError(`there is no node ${id}`);
    return found;
  }
}
