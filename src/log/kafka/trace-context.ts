import { randomBytes } from 'node:crypto';

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})/;
/** Flags of a trace that begins here: sampled. */
const SAMPLED = '01';

/**
 * The `traceparent` header (W3C Trace Context) of a record that was made from another: the next span of its trace, or the first of a
 * new one when there is none, or none that can be read.
 */
export function nextSpan(parent: string | undefined): string {
  const [, trace = randomBytes(16).toString('hex'), flags = SAMPLED] = TRACEPARENT.exec(parent ?? '') ?? [];
  return `00-${trace}-${randomBytes(8).toString('hex')}-${flags}`;
}
