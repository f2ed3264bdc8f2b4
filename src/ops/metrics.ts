import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What a pipeline counts, under the names that every component has. */
export interface PipelineMeter {
  received(count: number): void;
  sent(count: number): void;
  /** Put into the dead-letter log, or left out for a stated reason. */
  discarded(count: number): void;
  error(code: string): void;
  readonly counts: { readonly received: number; readonly sent: number; readonly discarded: number; readonly errors: number };
}

export interface Metrics {
  meter(pipeline: string): PipelineMeter;
  /** Seconds that a batch took in the model. */
  observeInference(seconds: number, texts: number): void;
  /** Records not yet acknowledged by a group. */
  setLag(topic: string, group: string, records: number): void;
  /** The Prometheus exposition text. */
  text(): Promise<string>;
}

/** A registry of its own, so that two systems in one process (tests) do not mix their counts. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const counter = (name: string, help: string, labelNames: string[]): Counter =>
    new Counter({ name, help, labelNames, registers: [registry] });
  const received = counter('barograph_received_total', 'Records that a pipeline took in.', ['pipeline']);
  const sent = counter('barograph_sent_total', 'Records that a pipeline passed on.', ['pipeline']);
  const discarded = counter('barograph_discarded_total', 'Records kept in the dead-letter log.', ['pipeline']);
  const errors = counter('barograph_errors_total', 'Failures by code.', ['pipeline', 'code']);
  const texts = counter('barograph_classified_total', 'Texts that the model scored.', []);
  const inference = new Histogram({
    name: 'barograph_inference_seconds',
    help: 'Time of one batch in the model.',
    buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2],
    registers: [registry],
  });
  const lag = new Gauge({
    name: 'barograph_lag_records',
    help: 'Records that a group has not acknowledged.',
    labelNames: ['topic', 'group'],
    registers: [registry],
  });
  const memory: Gauge = new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory.',
    registers: [registry],
    collect: (): void => memory.set(process.memoryUsage.rss()),
  });
  return {
    meter: (pipeline) => {
      const counts = { received: 0, sent: 0, discarded: 0, errors: 0 };
      return {
        counts,
        received: (count) => {
          counts.received += count;
          received.inc({ pipeline }, count);
        },
        sent: (count) => {
          counts.sent += count;
          sent.inc({ pipeline }, count);
        },
        discarded: (count) => {
          counts.discarded += count;
          discarded.inc({ pipeline }, count);
        },
        error: (code) => {
          counts.errors += 1;
          errors.inc({ pipeline, code });
        },
      };
    },
    observeInference: (seconds, count) => {
      inference.observe(seconds);
      texts.inc(count);
    },
    setLag: (topic, group, records) => lag.set({ topic, group }, records),
    text: () => registry.metrics(),
  };
}
