import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it, type TestContext } from 'node:test';
import { KAFKA_USER } from '../../../infra/local/kafka/kafka.ts';
import { clientCredentials } from '../../../src/cli/client-credentials.ts';
import { openClient } from '../../../src/log/kafka/client.ts';
import type { KafkaOptions } from '../../../src/log/kafka/connection.ts';
import { KafkaLog } from '../../../src/log/kafka/kafka-log.ts';
import { createTopics, topicPlan } from '../../../src/log/kafka/topics.ts';
import { testServers } from '../../servers.ts';

const { servers, skip } = testServers();
const IN = 'in';

describe('a broker behind TLS and SASL', { skip, timeout: 60_000 }, () => {
  if (servers === undefined) return;
  const { authority, client } = servers.certificates;
  const common = { prefix: `${randomUUID().slice(0, 8)}.`, sessionTimeoutMs: 6000 };
  const tls = { ca: authority };
  const overTls = { ...common, brokers: [`127.0.0.1:${servers.kafka.tls}`] };
  const overSasl = { ...common, brokers: [`127.0.0.1:${servers.kafka.sasl}`], tls };

  const plain = { ...common, brokers: [`127.0.0.1:${servers.kafka.plain}`] };
  const { own: admin, release } = openClient(plain, (kafka) => kafka.admin());
  const plan = topicPlan(plain, { partitions: 1, replicas: 1, retentionMs: -1 });
  before(async () => {
    await admin.connect();
    await createTopics(admin, plan);
  });
  after(async () => {
    await admin.deleteTopics({ topics: plan.map(({ topic }) => topic) });
    await release();
  });

  /** Whether a client gets in, else the code of its error. */
  async function answers(options: KafkaOptions): Promise<string> {
    const log = new KafkaLog(options);
    try {
      await log.ranges('news.raw');
      return IN;
    } catch (error) {
      return String(Reflect.get(error as object, 'code'));
    } finally {
      await log.close();
    }
  }

  it('takes a client with a certificate of its authority, and none without', async () => {
    assert.equal(await answers({ ...overTls, tls: { ...tls, ...client } }), IN);
    assert.equal(await answers({ ...overTls, tls }), 'E_LOG_UNAVAILABLE');
  });

  it("refuses a broker whose certificate one's authority did not sign", async () => {
    assert.equal(await answers({ ...overTls, tls: {} }), 'E_LOG_UNAVAILABLE');
  });

  for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512'] as const)
    it(`logs in by ${mechanism}, and says when the password is wrong, without it`, async () => {
      const sasl = { mechanism, ...KAFKA_USER } as KafkaOptions['sasl'] & object;
      assert.equal(await answers({ ...overSasl, sasl }), IN);
      const heard: string[] = [];
      const wrong = { ...sasl, password: 'not-the-password' } as KafkaOptions['sasl'] & object;
      assert.equal(await answers({ ...overSasl, sasl: wrong, onTrouble: (said) => heard.push(said) }), 'E_LOG_REFUSED');
      assert.doesNotMatch(heard.join(), /not-the-password/);
    });

  it('logs in with a token that it asks for by client credentials', async (t) => {
    const { url, seen } = await tokenServer(t);
    const sasl = { mechanism: 'oauthbearer' as const, oauthBearerProvider: clientCredentials(url, 'me', 's&cret') };
    assert.equal(await answers({ ...overSasl, sasl }), IN);
    assert.deepEqual(seen[0], { authorization: `Basic ${btoa('me:s%26cret')}`, body: 'grant_type=client_credentials' });
  });

  it('says when no token is given out', async (t) => {
    const { url } = await tokenServer(t, 401);
    const sasl = { mechanism: 'oauthbearer' as const, oauthBearerProvider: clientCredentials(url, 'me', 'x') };
    assert.equal(await answers({ ...overSasl, sasl }), 'E_LOG_REFUSED');
  });
});

/** Gives out tokens that the local broker takes: unsigned ones. */
async function tokenServer(t: TestContext, status = 200) {
  const seen: { authorization: string | undefined; body: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    seen.push({ authorization: request.headers.authorization, body });
    const now = Math.floor(Date.now() / 1000);
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const token = `${part({ alg: 'none' })}.${part({ sub: KAFKA_USER.username, iat: now, exp: now + 3600 })}.`;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ access_token: token }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`, seen };
}
