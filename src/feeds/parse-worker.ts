import { parentPort, workerData } from 'node:worker_threads';
import { BarographError } from '../domain/errors.ts';
import { parseItems } from './feed-items.ts';

/* Parses one large feed away from the event loop; see `readFeed`. Errors cross the thread by what they are made of. */

if (parentPort === null || typeof workerData !== 'string') throw new Error('this file is the worker of read-feed.ts');
const port = parentPort;
parseItems(workerData).then(
  (document) => port.postMessage({ document }),
  (error: unknown) => port.postMessage({ message: error instanceof BarographError ? error.message : String(error) }),
);
