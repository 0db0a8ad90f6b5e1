// Chromium without a screen.  Every name leads to 127.0.0.1, so that pages have the hosts of
// the test's node; certificates of the test's authority are taken.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { skip } from './node.mjs';

const program = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((f) => fs.existsSync(f));
const require = createRequire(import.meta.url);

export async function launch() {
  if (!program) skip('there is no Chromium here');
  const { default: puppeteer } = await import('puppeteer-core');
  return puppeteer.launch({ executablePath: program, acceptInsecureCerts: true, protocolTimeout: 60000,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--ignore-certificate-errors', '--host-resolver-rules=MAP * 127.0.0.1', '--disable-background-networking'] });
}

// A person with a browser of their own: contexts share nothing.
export class Person {
  static async open(browser, port, options = {}) {
    const p = new Person();
    p.port = port;
    p.context = await browser.createBrowserContext();
    p.page = await p.context.newPage();
    p.page.setDefaultTimeout(15000);
    p.errors = [];
    p.page.on('pageerror', (e) => p.errors.push(String(e)));
    p.page.on('console', (m) => { if (m.type() === 'error' && /Content.Security|violates/i.test(m.text())) p.errors.push(m.text()); });
    if (options.dark) await p.dark(true);
    return p;
  }

  url(host, target = '/') { return `https://${host}:${this.port}${target}`; }
  async go(host, target = '/') { return this.page.goto(this.url(host, target), { waitUntil: 'load' }); }
  async dark(on) { await this.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: on ? 'dark' : 'light' }]); }
  get at() { const u = new URL(this.page.url()); return `${u.hostname}${u.pathname}${u.search}${u.hash}`; }
  text() { return this.page.evaluate(() => document.body.innerText); }
  async cookies(host) { return (await this.page.cookies(this.url(host))).map((c) => c.name).sort(); }
  cookie(host, name) { return this.page.cookies(this.url(host)).then((v) => v.find((c) => c.name === name)); }

  // fetch() of a page on that origin, as its scripts see it.
  fetch(url, options = {}) {
    return this.page.evaluate(async (u, o) => {
      try {
        const rs = await fetch(u, o);
        return { status: rs.status, text: await rs.text() };
      } catch (e) { return { status: 0, text: String(e) }; }
    }, url, options);
  }

  // A click on what submits or leads on, and the page it ends on; one that goes on by itself
  // is none.
  async submit(selector = 'main form button') {
    await Promise.all([this.page.waitForNavigation({ waitUntil: 'load' }), this.page.click(selector)]);
    for (let i = 0; i < 200; i++) {
      if (await this.page.$('meta[http-equiv=refresh]').then((m) => !m, () => false)) return;
      await new Promise((r) => setTimeout(r, 30));
    }
  }

  async fill(fields) {
    for (const [name, value] of Object.entries(fields)) {
      await this.page.waitForSelector(`[name="${name}"]`);
      await this.page.$eval(`[name="${name}"]`, (e, v) => { e.value = v; }, value);
    }
  }

  // The password form of AUTH, wherever it was come from.
  async password(who) {
    await this.fill({ username: who.username ?? who.email, password: who.password });
    await this.submit();
  }

  // The pages of oidc-provider: any name, then yes.
  async consent(issuer, name) {
    for (let i = 0; i < 6 && this.page.url().startsWith(issuer); i++) {
      if (await this.page.$('input[name=login]')) await this.fill({ login: name, password: 'any' });
      await this.submit('button[type=submit], form button');
    }
  }

  // Until the page has stopped going on by itself (a refresh of 0 seconds).
  async arrive(end, ms = 10000) {
    const until = Date.now() + ms;
    while (this.at !== end) {
      if (Date.now() > until) throw new Error(`at ${this.at} instead of ${end}: ${(await this.text().catch(() => '')).slice(0, 300)}`);
      await new Promise((r) => setTimeout(r, 30));
    }
  }

  // What axe finds on the page, by rule and element.
  async axe() {
    const source = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
    await this.page.evaluate(source);
    const { violations } = await this.page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
    return violations.map((v) => `${v.id}: ${v.nodes.map((x) => x.target.join(' ')).join(', ')}`);
  }

  close() { return this.context.close(); }
}
