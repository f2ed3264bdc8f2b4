import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { BarographError } from '../../src/domain/errors.ts';
import { createLogger, errorFields, type LoggerOptions, type LogLevel } from '../../src/ops/logger.ts';

/** What a logger writes to stderr. */
function written(
  t: TestContext,
  level: LogLevel,
  options: LoggerOptions,
  log: (logger: ReturnType<typeof createLogger>) => void,
): string {
  const write = t.mock.method(process.stderr, 'write', () => true);
  try {
    log(createLogger(level, options));
    return write.mock.calls.map(({ arguments: [text] }) => String(text)).join('');
  } finally {
    write.mock.restore();
  }
}

const error = new BarographError('E_FEED_STATUS', 'wire answered 403.', { facts: { status: 403 } });

it('logs ECS lines that carry the code of an error as error.code', (t) => {
  const line = written(t, 'info', { format: 'json' }, (logger) =>
    logger.warn({ ...errorFields(error), feed: 'wire' }, 'feed failed'),
  );
  const entry = JSON.parse(line);
  assert.equal(entry['error.code'] ?? entry.error?.code, 'E_FEED_STATUS');
  assert.equal(entry.error.message, 'wire answered 403.');
  assert.deepEqual([entry['log.level'], entry.message, entry.feed], ['warn', 'feed failed', 'wire']);
});

for (const format of ['json', 'text'] as const) {
  it(`blots out secrets wherever they turn up, as ${format}`, (t) => {
    const failure = new BarographError('E_NOTIFY_FAILED', 'https://hooks.example/T0/s3cret cannot be reached.');
    const text = written(t, 'info', { format, secrets: ['s3cret', 'other-t0ken'] }, (logger) =>
      logger.error({ ...errorFields(failure), header: 'Bearer other-t0ken' }, 'telling s3cret s3cret failed'),
    );
    assert.doesNotMatch(text, /s3cret|other-t0ken/);
    assert.match(text, /telling \*\*\* \*\*\* failed/);
  });
}

it('writes one readable line with the reason and the fields, as text', (t) => {
  const text = written(t, 'info', { format: 'text' }, (logger) =>
    logger.warn({ ...errorFields(error), feed: 'wire' }, 'feed failed'),
  );
  assert.match(text, /^\d\d:\d\d:\d\d warn {2}feed failed \(wire answered 403\.\).* feed=wire\n$/);
});

it('leaves out what is below its level, and everything when it is silent', (t) => {
  for (const level of ['warn', 'silent'] as const)
    assert.equal(
      written(t, level, { format: 'json' }, (logger) => logger.info('hello')),
      '',
    );
});

it('takes what was thrown and is no error', () => {
  assert.deepEqual(errorFields('gone'), { err: new Error('gone') });
});
