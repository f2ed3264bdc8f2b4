import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createMetrics } from '../../src/ops/metrics.ts';

it('counts what each pipeline received, sent, discarded and failed at, for readers and for Prometheus', async () => {
  const metrics = createMetrics();
  const meter = metrics.meter('classify');
  meter.received(3);
  meter.received(2);
  meter.sent(4);
  meter.discarded(1);
  meter.error('E_MODEL_FAILED');
  metrics.meter('ledger').sent(9);
  assert.deepEqual(meter.counts, { received: 5, sent: 4, discarded: 1, errors: 1 });
  const lines = (await metrics.text()).split('\n');
  for (const line of [
    'barograph_received_total{pipeline="classify"} 5',
    'barograph_sent_total{pipeline="classify"} 4',
    'barograph_sent_total{pipeline="ledger"} 9',
    'barograph_discarded_total{pipeline="classify"} 1',
    'barograph_errors_total{pipeline="classify",code="E_MODEL_FAILED"} 1',
  ])
    assert.ok(lines.includes(line), line);
});

it('shows the lag of a group, the texts that were scored and the time that the batches took', async () => {
  const metrics = createMetrics();
  metrics.setLag('news.raw', 'classify', 7);
  metrics.observeInference(0.03, 32);
  const lines = (await metrics.text()).split('\n');
  for (const line of [
    'barograph_lag_records{topic="news.raw",group="classify"} 7',
    'barograph_classified_total 32',
    'barograph_inference_seconds_bucket{le="0.02"} 0',
    'barograph_inference_seconds_bucket{le="0.05"} 1',
  ])
    assert.ok(lines.includes(line), line);
});

it('does not mix the counts of two systems in one process', async () => {
  createMetrics().meter('classify').sent(5);
  assert.doesNotMatch(await createMetrics().text(), /barograph_sent_total\{/);
});
