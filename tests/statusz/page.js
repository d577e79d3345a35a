'use strict';
// Opens a page in Chromium, says what a person sees there, and photographs it.
//
// node page.js NODE_MODULES CHROMIUM < {"url", "shots": [{"path", "width", "scheme"}]}
// prints {"console": [...], "requests": [...], "title", "verdict", "shown": [{"metric", "value", "text"}],
//         "widths": [{"width", "content"}], "contrasts": [...]}

const path = require('node:path');
const [, , modules, executablePath] = process.argv;
const { chromium } = require(path.join(modules, 'playwright-core'));

// Of a machine without a network: otherwise Chromium asks for its own updates.
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

// Run in the page. The least contrast between a text and what is behind it, by WCAG 2.1, and which text it is.
function leastContrast() {
  const channels = (color) => {
    const [r, g, b, alpha = 1] = color.match(/[\d.]+/g).map(Number);
    return [r, g, b, alpha];
  };
  const over = ([r, g, b, alpha], below) => [r, g, b].map((c, i) => c * alpha + below[i] * (1 - alpha));
  const luminance = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => (element
    ? over(channels(getComputedStyle(element).backgroundColor), ground(element.parentElement)) : [255, 255, 255]);
  const ink = (element) => {
    const style = getComputedStyle(element);
    if (!(element instanceof SVGElement)) return channels(style.color);
    const [r, g, b, alpha] = channels(style.fill);
    return [r, g, b, alpha * Number(style.fillOpacity)];
  };
  let least = { contrast: 21, text: '' };
  for (const element of document.querySelectorAll('body *')) {
    const text = [...element.childNodes].filter((n) => n.nodeType === Node.TEXT_NODE).map((n) => n.data.trim()).join('');
    const shown = !element.closest('svg') || element instanceof SVGTextContentElement; // not the titles of bars
    if (!text || !shown || !element.checkVisibility()) continue;
    const behind = ground(element);
    const [a, b] = [luminance(over(ink(element), behind)), luminance(behind)];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < least.contrast) least = { contrast, text };
  }
  return least;
}

async function look({ url, shots }) {
  const browser = await chromium.launch({ executablePath, args: ARGUMENTS });
  try {
    const page = await browser.newPage();
    const seen = { console: [], requests: [], widths: [], contrasts: [] };
    page.on('console', (message) => seen.console.push(message.text()));
    page.on('pageerror', (error) => seen.console.push(String(error)));
    page.on('request', (request) => seen.requests.push(request.url()));
    await page.goto(url, { waitUntil: 'load' });
    seen.title = await page.title();
    seen.verdict = await page.locator('#verdict').innerText();
    seen.shown = await page.$$eval('data[data-metric]', (all) => all.map((one) => (
      { metric: one.dataset.metric, value: Number(one.value), text: one.innerText, visible: one.checkVisibility() })));
    for (const { path: file, width, scheme } of shots) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 800 });
      seen.widths.push({ width, content: await page.evaluate(() => document.documentElement.scrollWidth) });
      seen.contrasts.push(await page.evaluate(leastContrast));
      await page.screenshot({ path: file, fullPage: true });
    }
    return seen;
  } finally {
    await browser.close();
  }
}

let text = '';
process.stdin.on('data', (piece) => { text += piece; });
process.stdin.on('end', async () => {
  console.log(JSON.stringify(await look(JSON.parse(text))));
});
