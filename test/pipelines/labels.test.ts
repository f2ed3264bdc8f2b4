import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { labelsPipeline, readLabels } from '../../pipelines/labels.ts';
import type { LabelRecord } from '../../src/domain/records.ts';
import { decodeDeadLetter } from '../../src/domain/wire.ts';
import { isDone, memorySystem, runUntil, valuesOf } from './memory-system.ts';

const given = [
  { type: 'label', text: 'Acme is sued', entity: 'Acme', sentiment: 'negative', by: 'desk', at: '2026-01-05T00:00:00Z' },
  { type: 'label', text: 'Rates rise', topic: 'Macro' },
  { type: 'label', text: 'Says nothing' },
  { type: 'label', text: 'Unknown', sentiment: 'awful' },
];

describe('labels pipeline', () => {
  it('keeps what is no label as a dead letter with its reason, and takes the rest', async () => {
    const system = memorySystem('labels');
    const { log, meter } = system;
    await log.append(
      'news.labelled',
      given.map((value) => ({ key: 'k', value: JSON.stringify(value) })),
    );
    await runUntil(labelsPipeline(system), () => isDone(log, 'news.labelled', 'labels'));

    const letters = (await valuesOf(log, 'dead-letter')).map(decodeDeadLetter);
    const found = letters.map(({ stage, code, origin, requeueTo }) => [stage, code, origin, requeueTo]);
    assert.deepEqual(found, [
      ['labels', 'E_RECORD_INVALID', 'news.labelled/0/2', 'news.labelled'],
      ['labels', 'E_RECORD_INVALID', 'news.labelled/0/3', 'news.labelled'],
    ]);
    assert.match(letters[0]?.reason ?? '', /says neither sentiment nor topic/);
    assert.match(letters[1]?.reason ?? '', /sentiment: /);
    assert.deepEqual([meter.counts.received, meter.counts.sent, meter.counts.discarded], [4, 2, 2]);

    const labels: LabelRecord[] = [];
    for await (const label of readLabels(log)) labels.push(label);
    assert.deepEqual(labels[0], {
      text: 'Acme is sued',
      entity: 'Acme',
      sentiment: 'negative',
      by: 'desk',
      at: Date.UTC(2026, 0, 5),
    });
    assert.deepEqual(labels.map(({ text, topic, by }) => [text, topic, by])[1], ['Rates rise', 'Macro', '']);
    assert.equal(labels.length, 2);
  });
});
