import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type ChaosPlan, type ChaosReport, chaos } from '../chaos/chaos.ts';
import { testServers } from '../servers.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const { skip } = testServers();

async function survives(t: TestContext, plan: ChaosPlan): Promise<ChaosReport> {
  const folder = await temporaryFolder();
  t.after(folder.remove);
  const report = await chaos(folder.path, plan, (line) => t.diagnostic(line));
  t.diagnostic(JSON.stringify(report));
  return report;
}

describe('a set-up on Kafka and Elasticsearch to which harm is done', { skip, timeout: 10 * 60_000 }, () => {
  it('scores every article once, stores what the log says and tells of every alert, through 56 faults', async (t) => {
    const plan = { articles: 20_000, faults: 50, restarts: 6, seed: 1, every: 3, model: ['--model', 'stub'] };
    const { articles, alerts, faults } = await survives(t, plan);
    assert.ok(articles > 15_000);
    assert.ok(alerts > 0, 'nobody had to be told of anything');
    assert.equal(
      Object.values(faults).reduce((a, b) => a + b),
      56,
    );
  });

  it('does so with the default bundle when processes are killed', async (t) => {
    const plan = { articles: 600, faults: 3, restarts: 0, seed: 2, every: 6, model: [], kinds: ['process killed'] };
    assert.ok((await survives(t, plan)).articles > 450);
  });
});
