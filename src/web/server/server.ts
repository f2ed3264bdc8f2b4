import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { ZodError } from 'zod';
import { BarographError } from '../../domain/errors.ts';
import { errorFields, type Logger } from '../../ops/logger.ts';
import type { StateStore } from '../../store/state-port.ts';
import type { TrendStore } from '../../store/trend-port.ts';
import { addApi } from './api.ts';
import { EventHub } from './event-hub.ts';
import { addProbes } from './probes.ts';
import { readStatus } from './status.ts';

export interface WebOptions {
  readonly trends: TrendStore;
  readonly states: StateStore;
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** The Prometheus exposition text. */
  readonly metrics: () => Promise<string>;
  /** Whether every pipeline of this process runs. */
  readonly isReady: () => boolean;
  readonly logger: Logger;
}

export interface Web {
  readonly url: string;
  close(): Promise<void>;
}

const DASHBOARD = fileURLToPath(new URL('../../../dist/dashboard', import.meta.url));
const NOT_BUILT = 'The dashboard is not built. Run: npm run build\n';

/** Nothing from elsewhere, no frames, no guessing of types. Styles stand in components, hence `unsafe-inline` for them. */
const HEADERS = {
  'content-security-policy':
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};

/** Serves the dashboard, its API and the probes. Rejects with `E_PORT_IN_USE` when the address is taken. */
export async function startWeb(options: WebOptions): Promise<Web> {
  const app = fastify({ logger: false, forceCloseConnections: true, bodyLimit: 65_536 });
  const hub = new EventHub({ trends: options.trends, status: () => readStatus(options.states) });
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS);
    if (!isOwnHost(request, options.host))
      return reply.code(421).send({ error: { code: 'E_USAGE', message: 'This dashboard answers on its own address only.' } });
  });
  answerErrors(app, options.logger);
  addProbes(app, options);
  addApi(app, options, hub);
  if (existsSync(DASHBOARD)) await app.register(fastifyStatic, { root: DASHBOARD });
  else app.get('/', async (_request, reply) => reply.code(503).type('text/plain').send(NOT_BUILT));
  try {
    await app.listen({ host: options.host, port: options.port });
  } catch (cause) {
    await app.close();
    throw cannotListen(cause, options);
  }
  hub.start();
  return {
    url: urlOf(app, options.host),
    close: async () => {
      hub.close();
      await app.close();
    },
  };
}

/**
 * A page of another site can send requests to this machine by a name of its own (DNS rebinding): a server on the loopback
 * interface answers to loopback names only. Elsewhere proxies may give it any name.
 */
function isOwnHost(request: FastifyRequest, host: string): boolean {
  if (!LOOPBACK.test(host)) return true;
  return LOOPBACK.test(request.hostname.replace(/^\[|\]$/g, ''));
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i;

function answerErrors(app: FastifyInstance, logger: Logger): void {
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof ZodError) {
      const message = error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
      return reply.code(400).send({ error: { code: 'E_USAGE', message } });
    }
    const code = error instanceof BarographError ? error.code : 'E_UNKNOWN';
    const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
    if (status < 500) return reply.code(status).send({ error: { code: 'E_USAGE', message: (error as Error).message } });
    logger.warn(errorFields(error), 'a request failed');
    return reply
      .code(error instanceof BarographError && error.retryable ? 503 : 500)
      .send({ error: { code, message: 'The answer could not be made; the log says why.' } });
  });
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ error: { code: 'E_USAGE', message: 'There is nothing at this address.' } }),
  );
}

function cannotListen(cause: unknown, { host, port }: WebOptions): unknown {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRINUSE')
    return new BarographError('E_PORT_IN_USE', `Port ${port} of ${host} is taken by another program.`, { cause });
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL')
    return new BarographError('E_PORT_IN_USE', `The dashboard cannot listen on ${host}, port ${port} (${code}).`, { cause });
  return cause;
}

function urlOf(app: FastifyInstance, host: string): string {
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
