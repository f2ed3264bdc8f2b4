import { z } from 'zod';
import { BarographError } from '../domain/errors.ts';

const ANSWER_MS = 10_000;
const answerSchema = z.object({ access_token: z.string().min(1) });

/** Asks for a token by OAuth 2.0's client credentials (RFC 6749, section 4.4) whenever Kafka wants one. */
export function clientCredentials(url: string, id: string, secret: string): () => Promise<{ readonly value: string }> {
  return async () => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
      signal: AbortSignal.timeout(ANSWER_MS),
    }).catch((cause: unknown) => {
      throw new BarographError('E_LOG_UNAVAILABLE', `${url}, which gives tokens for Kafka, does not answer.`, { cause });
    });
    if (!response.ok) throw new BarographError('E_LOG_REFUSED', `${url} gives no token for Kafka: HTTP ${response.status}.`);
    const answer = answerSchema.safeParse(await response.json().catch(() => undefined));
    if (!answer.success) throw new BarographError('E_LOG_REFUSED', `What ${url} answered holds no access_token.`);
    return { value: answer.data.access_token };
  };
}

/** As form fields are encoded, which the standard asks for (section 2.3.1). */
const encode = (text: string): string => new URLSearchParams({ x: text }).toString().slice(2);
