/**
 * The page itself: one HTML file, which scripts/build-page.mjs puts together from page.html, styles/ and browser/.
 * Its headers allow what is in it and nothing else.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ownFile } from '../../own-files.js';

export interface PageDocument {
  html: Buffer;
  /** Another one for another page. */
  id: string;
  headers: Record<string, string>;
}

let document: PageDocument | undefined;

/** Throws `ERR_RONDO_BUNDLED`. */
export function checkPage(): void {
  file();
}

/** Read when it is first asked for. */
export function pageDocument(): PageDocument {
  document ??= readDocument();
  return document;
}

function file(): string {
  return ownFile('metrics/page/page.html', 'The page');
}

function readDocument(): PageDocument {
  const html = readFileSync(file());
  const text = html.toString();
  const policy = [
    "default-src 'none'",
    `script-src ${hashesOf(text, 'script')}`,
    `style-src ${hashesOf(text, 'style')}`,
    "connect-src 'self'",
    // The icon, which is in the page.
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    html,
    id: sha256(text).slice(0, 16),
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Length': String(html.length),
      'Content-Security-Policy': policy.join('; '),
      'Cache-Control': 'no-store',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    },
  };
}

function hashesOf(html: string, tag: 'script' | 'style'): string {
  const contents = html.matchAll(new RegExp(`<${tag}[^>]*>(.*?)</${tag}>`, 'gs'));
  return Array.from(contents, ([, content = '']) => `'sha256-${sha256(content)}'`).join(' ');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
