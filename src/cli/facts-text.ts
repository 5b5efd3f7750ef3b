import { escapeControl } from './style.js';

/** Names and values below each other, the values aligned; values are made safe to show. */
export function factsText(facts: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(0, ...facts.map(([name]) => name.length));
  return facts.map(([name, value]) => `${name.padEnd(width)}  ${escapeControl(value)}`.trimEnd()).join('\n');
}
