import { lastValueFrom, type Observable } from 'rxjs';
import type { Subscription } from './port.ts';

/**
 * Runs a pipeline's stream to its end and leaves the group: what was acknowledged is committed also when the stream failed.
 * The stream ends when `pull` was told to stop and everything in flight came through. Rejects with the stream's error.
 */
export async function drain(subscription: Subscription, stream: Observable<unknown>): Promise<void> {
  try {
    await lastValueFrom(stream, { defaultValue: undefined });
  } finally {
    await subscription.close();
  }
}
