import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { temporaryFolder } from '../temporary-folder.ts';
import { dashboardOf, type Life, start, terminate } from './barograph.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));
const SKIP =
  CHROMIUM === undefined && process.env.BAROGRAPH_REQUIRE_BROWSER === undefined
    ? 'no Chromium here; install the chromium package'
    : false;
/** The defaults of a browser that talks to nobody but us. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The demo as `npm start` runs it, in an empty folder, looked at with a real browser. */
describe('the demo in a browser', { skip: SKIP, timeout: 480_000 }, () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let life: Life;
  let url = '';
  let browser: Browser;
  const faults: string[] = [];

  const visit = async (options: Parameters<Browser['newPage']>[0]): Promise<Page> => {
    const page = await browser.newPage(options);
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    await page.goto(url);
    return page;
  };

  before(async () => {
    folder = await temporaryFolder();
    life = start(['run', '--port', '0', '--speed', '600'], { cwd: folder.path, timeoutMs: 480_000 });
    url = await dashboardOf(life);
    browser = await chromium.launch({ executablePath: CHROMIUM ?? '/usr/bin/chromium', args: ARGS });
  });
  after(async () => {
    await browser?.close();
    await terminate(life);
    await folder.remove();
  });

  it('shows stories while they come, and raises the alert of the real surge', async () => {
    const page = await visit({ viewport: { width: 1440, height: 900 } });
    await page.getByText('Walmart', { exact: false }).or(page.getByText('AAPL')).first().waitFor({ timeout: 60_000 });
    await page
      .getByText(/Bad news (?:keeps piling|piles) up about WMT/)
      .first()
      .waitFor({ timeout: 300_000 });
    await page.close();
  });

  it('has no sideways scrolling at phone width, in dark too, and can be reached with the keyboard', async () => {
    const page = await visit({ viewport: { width: 390, height: 844 }, colorScheme: 'dark' });
    await page
      .getByText(/Bad news .* about WMT/)
      .first()
      .waitFor({ timeout: 60_000 });
    const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    assert.ok(Number(overflow) <= 0, `${overflow} px too wide`);
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(
      '(() => { let e = document.activeElement; while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement; return e?.textContent ?? ""; })()',
    );
    assert.match(String(focused), /skip/i);
    await page.close();
  });

  it('breaks no rule of its own content security policy and throws nothing', () => {
    assert.deepEqual(faults, []);
  });

  it('stops within seconds of SIGTERM, with exit code 0', async () => {
    const { code } = await terminate(life);
    assert.equal(code, 0);
  });
});
