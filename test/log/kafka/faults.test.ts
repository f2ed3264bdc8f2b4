import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LocalCluster } from '../../../infra/local/cluster.ts';
import { connectClient } from '../../../src/log/kafka/client.ts';
import type { KafkaOptions } from '../../../src/log/kafka/connection.ts';
import { KafkaLog } from '../../../src/log/kafka/kafka-log.ts';
import { createTopics, topicPlan } from '../../../src/log/kafka/topics.ts';
import type { Subscription } from '../../../src/log/port.ts';
import { eventually } from '../../eventually.ts';
import { openTestCluster, testPorts } from '../../open-test-cluster.ts';
import { testServers } from '../../servers.ts';
import { type TcpProxy, tcpProxy } from '../../tcp-proxy.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const { skip } = testServers();

/** Faults of kafkajs 2.2.4 by their numbers at tulios/kafkajs, on a broker of their own behind a proxy. */
describe('what kafkajs is known for', { skip, timeout: 3 * 60_000 }, () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let cluster: LocalCluster;
  let proxy: TcpProxy;
  let options: KafkaOptions;
  const warnings: Error[] = [];
  const onWarning = (warning: Error): number => warnings.push(warning);

  before(async () => {
    process.on('warning', onWarning);
    folder = await temporaryFolder();
    const ports = await testPorts();
    proxy = await tcpProxy(ports.kafka.plain);
    cluster = await openTestCluster(folder.path, ports, proxy.port);
    await cluster.start('kafka');
    options = { brokers: [`127.0.0.1:${proxy.port}`], prefix: '', sessionTimeoutMs: 6000 };
    const { own, release } = await connectClient(options, (kafka) => kafka.admin());
    await createTopics(own, topicPlan(options, { partitions: 3, replicas: 1, retentionMs: -1 }));
    await release();
  });
  after(async () => {
    process.off('warning', onWarning);
    await cluster.stop('kafka', 'SIGKILL');
    await proxy.close();
    await folder.remove();
  });

  /** Reads and acknowledges until a record comes; what came before a fault may come again. */
  async function until(subscription: Subscription, value: string): Promise<void> {
    const signal = AbortSignal.timeout(40_000);
    while (!signal.aborted)
      for (const { record, ack } of await subscription.next(1, signal)) {
        ack();
        if (record.value === value) return;
      }
    assert.fail(`${value} did not come`);
  }
  const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;

  it('reads on after its connections broke, and after the broker was away (1513, 1593)', async (t) => {
    const log = new KafkaLog(options);
    t.after(() => log.close());
    const subscription = await log.subscribe('news.scored', 'faults');
    const put = (value: string): Promise<void> => log.append('news.scored', [{ key: 'k', value }]);
    await put('first');
    await until(subscription, 'first');
    proxy.cut();
    await put('second');
    await until(subscription, 'second');
    await cluster.stop('kafka', 'SIGKILL');
    await assert.rejects(put('lost'), { code: 'E_LOG_UNAVAILABLE' });
    await cluster.start('kafka');
    await put('third');
    await until(subscription, 'third');
  });

  it('does not spin while the broker is away, and leaves nothing open when it is closed then (1556, 1571)', async (t) => {
    const open = sockets();
    const log = new KafkaLog(options);
    t.after(() => log.close());
    await log.subscribe('news.raw', 'faults');
    await cluster.stop('kafka', 'SIGKILL');
    await sleep(1000);
    const begin = process.cpuUsage();
    await sleep(5000);
    const { user, system } = process.cpuUsage(begin);
    assert.ok((user + system) / 5_000_000 < 0.25, `${(user + system) / 50_000} % of a core`);
    await log.close();
    await sleep(1000);
    assert.ok(sockets() <= open, `${sockets()} sockets, ${open} before`);
    await cluster.start('kafka');
  });

  it('deals three partitions to three readers, and then rests (1527, 1719)', async (t) => {
    const log = new KafkaLog(options);
    t.after(() => log.close());
    const begun: number[] = [];
    const startAt = async (partition: number): Promise<undefined> => void begun.push(partition);
    const readers: Subscription[] = [];
    for (let n = 0; n < 3; n += 1) readers.push(await log.subscribe('news.raw', 'three', { startAt }));
    await eventually(() => new Set(begun).size === 3);
    await sleep(3000);
    const settled = begun.length;
    await sleep(5000);
    assert.equal(begun.length, settled, 'partitions go round');
    assert.ok(settled <= 6, `${settled} beginnings`);
    await readers.pop()?.close();
    await eventually(() => begun.length === settled + 1, 'its partition to go to another');
  });

  it('makes Node warn of nothing (1751)', () => {
    assert.deepEqual(
      warnings.map(({ name }) => name).filter((name) => name === 'TimeoutNegativeWarning'),
      [],
    );
  });
});
