import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until a condition holds; fails after the deadline, saying what was waited for. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  what = 'the condition',
  deadlineMs = 20_000,
): Promise<void> {
  const start = performance.now();
  while (!(await condition())) {
    if (performance.now() - start > deadlineMs) assert.fail(`waited ${deadlineMs} ms in vain for ${what}`);
    await sleep(5);
  }
}
