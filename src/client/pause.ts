import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../base/random.js';

const firstPauseMs = 50;
const longestPauseMs = 800;

/** Waits before attempt number `attempt` (from 1): longer each time, and never just as long as others wait. */
export async function pauseBefore(attempt: number, random: Random, deadlineMs: number): Promise<void> {
  const longest = Math.min(longestPauseMs, firstPauseMs * 2 ** attempt);
  const wantedMs = longest / 2 + (random() * longest) / 2;
  await sleep(Math.max(0, Math.min(wantedMs, deadlineMs - Date.now())));
}
