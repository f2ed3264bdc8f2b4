/*
 * A real Kafka and a real Elasticsearch on this machine: `npm run infra:up|down|status|wipe`. They listen on loopback, at their usual
 * ports; what they store and log, and the jars, are in .cache/infra.
 */
import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join, relative } from 'node:path';
import { type LocalCluster, openCluster, SERVERS } from './cluster.ts';

const PORTS = {
  kafka: { plain: 9092, controller: 9093, tls: 9094, sasl: 9095 },
  elasticsearch: { http: 9200, transport: 9300 },
};
const CACHE = join(import.meta.dirname, '..', '..', '.cache', 'infra');
const FOLDER = join(CACHE, 'local');

const ADDRESSES = {
  kafka: `127.0.0.1:${PORTS.kafka.plain} (TLS with client certificates ${PORTS.kafka.tls}, SASL over TLS ${PORTS.kafka.sasl})`,
  elasticsearch: `http://127.0.0.1:${PORTS.elasticsearch.http}`,
};

const COMMANDS: Readonly<Record<string, (cluster: LocalCluster) => Promise<void>>> = { up, down, status, wipe };

async function up(cluster: LocalCluster): Promise<void> {
  for (const name of SERVERS) {
    if (cluster.pid(name) === undefined) {
      for (const port of Object.values(PORTS[name]))
        if (await isTaken(port)) throw new Error(`Port ${port}, which ${name} needs, is taken by another program.`);
      console.error(`starting ${name} …`);
    }
    await cluster.start(name);
  }
  await status(cluster);
}

async function down(cluster: LocalCluster): Promise<void> {
  for (const name of SERVERS) {
    const pid = cluster.pid(name);
    await cluster.stop(name);
    console.log(pid === undefined ? `${name} did not run` : `${name} stopped`);
  }
}

async function status(cluster: LocalCluster): Promise<void> {
  for (const name of SERVERS) {
    const pid = cluster.pid(name);
    const log = relative(process.cwd(), cluster.log(name));
    console.log(pid === undefined ? `${name}: down` : `${name}: ${ADDRESSES[name]}, process ${pid}, log ${log}`);
    if (pid === undefined) process.exitCode = 1;
  }
}

/** Stops the servers and forgets what they store; jars stay. */
async function wipe(cluster: LocalCluster): Promise<void> {
  await down(cluster);
  rmSync(FOLDER, { recursive: true, force: true });
  console.log(`removed ${relative(process.cwd(), FOLDER)}`);
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

const [name = '', ...more] = process.argv.slice(2);
const command = COMMANDS[name];
if (command === undefined || more.length > 0) {
  console.error(`Usage: node infra/local/main.ts ${Object.keys(COMMANDS).join('|')}`);
  process.exitCode = 2;
} else {
  try {
    await command(await openCluster(FOLDER, CACHE, PORTS));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
