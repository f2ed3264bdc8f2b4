import type { FastifyInstance } from 'fastify';
import type { TrendStore } from '../../store/trend-port.ts';

export interface ProbeOptions {
  readonly trends: TrendStore;
  readonly metrics: () => Promise<string>;
  readonly isReady: () => boolean;
}

/** `/healthz`: the process answers. `/readyz`: its pipelines run and the store can be read. `/metrics`: Prometheus. */
export function addProbes(app: FastifyInstance, { trends, metrics, isReady }: ProbeOptions): void {
  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    if (!isReady()) return reply.code(503).send({ status: 'starting or stopping' });
    try {
      await trends.latest();
      return { status: 'ok' };
    } catch {
      return reply.code(503).send({ status: 'the store cannot be read' });
    }
  });
  app.get('/metrics', async (_request, reply) => reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics()));
}
