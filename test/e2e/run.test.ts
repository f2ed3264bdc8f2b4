import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Status, StoriesAnswer } from '../../src/web/contract.ts';
import { eventually } from '../eventually.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { barograph, dashboardOf, start, terminate } from './barograph.ts';

const item = (title: string, path: string): string =>
  `<item><title>${title}</title><link>https://news.example/${path}</link><pubDate>Mon, 23 Nov 2026 10:00:00 GMT</pubDate></item>`;
const FEED = `<rss version="2.0"><channel><title>Wire</title>${item('Apple Inc shares plunge after profit warning', 'a')}${item('Central bank holds rates', 'b')}</channel></rss>`;
const PAGE = '<!doctype html><html><head><title>We moved</title></head><body>Hello</body></html>';

describe('live feeds', { timeout: 2 * 60_000 }, () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let cwd = '';
  let server: Server;
  before(async () => {
    folder = await temporaryFolder();
    cwd = folder.path;
    server = createServer((request, response) => {
      if (request.url === '/feed.xml') response.setHeader('content-type', 'application/rss+xml').end(FEED);
      else if (request.url === '/page') response.setHeader('content-type', 'text/html').end(PAGE);
      else response.writeHead(404).end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const feed = (name: string, path: string): string =>
      `  - {name: ${name}, url: 'http://127.0.0.1:${port}${path}', allow_private: true}\n`;
    const feeds = feed('wire', '/feed.xml') + feed('moved', '/page') + feed('gone', '/nowhere?token=hush-hush');
    const notify = "  - {kind: slack, webhook_url: 'https://hooks.slack.com/services/T0/B0/very-secret'}\n";
    await writeFile(join(cwd, 'barograph.yaml'), `web: {port: 0}\nfeeds:\n${feeds}notify:\n${notify}`);
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await folder.remove();
  });

  it('are looked at by doctor, which finds the broken ones and shows no secret', async () => {
    const { code, stdout } = await barograph(['doctor', '--json'], { cwd });
    assert.equal(code, 3);
    assert.doesNotMatch(stdout, /very-secret|hush-hush/);
    const checks: { what: string; ok: boolean; detail: string }[] = JSON.parse(stdout);
    const of = (what: string) => checks.find((check) => check.what === what);
    assert.deepEqual([of('feed wire')?.ok, of('feed moved')?.ok, of('feed gone')?.ok], [true, false, false]);
    assert.match(of('feed wire')?.detail ?? '', /2 articles/);
    assert.match(of('feed moved')?.detail ?? '', /web page/);
    assert.match(of('feed gone')?.detail ?? '', /404/);
    assert.match(of('notifier slack')?.detail ?? '', /not tried/);
    for (const what of ['model', 'execution providers', 'log and stores']) assert.equal(of(what)?.ok, true, what);
  });

  it('reach the dashboard as classified stories, whatever is wrong with other feeds; SIGTERM ends it with exit code 0', async () => {
    const life = start(['run'], { cwd });
    try {
      const url = await dashboardOf(life);
      const get = async <T>(path: string): Promise<T> => (await (await fetch(`${url}${path}`)).json()) as T;
      let stories: StoriesAnswer = [];
      await eventually(async () => {
        stories = await get<StoriesAnswer>('/api/stories');
        return stories.length === 2;
      });
      const apple = stories.find(({ url: link }) => link === 'https://news.example/a');
      assert.deepEqual([apple?.source, apple?.entities.map(({ symbol }) => symbol)], ['wire', ['AAPL']]);
      assert.ok((apple?.sentiment.negative ?? 0) > 0.5, JSON.stringify(apple?.sentiment));
      const { feeds, mode } = await get<Status>('/api/status');
      assert.equal(mode, 'live');
      assert.deepEqual(feeds.map(({ name, state }) => [name, state]).sort(), [
        ['gone', 'failing'],
        ['moved', 'failing'],
        ['wire', 'ok'],
      ]);
    } finally {
      const { code, stderr } = await terminate(life);
      assert.equal(code, 0, stderr);
      assert.doesNotMatch(stderr, /very-secret|hush-hush/);
    }
    const { stdout } = await barograph(['verify', '--json'], { cwd });
    assert.deepEqual([JSON.parse(stdout).documents > 0, JSON.parse(stdout).differences], [true, 0]);
  });

  it('are not polled when the port of the dashboard is taken: the message names it and what to do', async () => {
    const { port } = server.address() as AddressInfo;
    const { code, stdout, stderr } = await barograph(['run', '--port', String(port)], { cwd });
    assert.match(stderr, new RegExp(`Port ${port} of 127.0.0.1 is taken by another program.*E_PORT_IN_USE`, 's'));
    assert.match(stderr, /--port|web\.port/);
    assert.deepEqual([code, stdout], [1, '']);
  });
});
