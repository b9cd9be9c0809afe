import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PageFile } from '../core/worker/page-files.ts';
import { mediaType, PAGE_HEADERS } from '../core/worker/page-policy.ts';
import { cookieOf, isOurHost, setCookie, type Sessions } from './session.ts';

/** What a request is answered from. */
export interface Site {
  port: number;
  sessions: Sessions;
  files: ReadonlyMap<string, PageFile>;
}

/** Answers one HTTP request: the built page for those who are let in, a sentence for the others. */
export function answer(site: Site, request: IncomingMessage, response: ServerResponse): void {
  if (!isOurHost(request, site.port)) return refuse(response, 421, 'This server has another name.');
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return refuse(response, 405, 'Only GET is served.');
  const url = parseUrl(request.url);
  if (!url) return refuse(response, 400, 'The address is malformed.');
  const token = url.searchParams.get('t');
  const known = site.sessions.has(cookieOf(request, site.port));
  const opened = !known && token !== null && url.pathname === '/' ? site.sessions.redeem(token) : undefined;
  if (!known && opened === undefined) {
    return refuse(
      response,
      403,
      'This address does not open the studio (any more). Start it again and use the address it prints.',
    );
  }
  // The page removes the token from its address itself: a redirect would lose the strict cookie when the
  // link was followed from another site.
  if (opened !== undefined) response.setHeader('Set-Cookie', setCookie(site.port, opened));
  const file = site.files.get(url.pathname === '/' ? '/index.html' : url.pathname);
  if (!file) return refuse(response, 404, 'There is no such page.');
  response.writeHead(200, {
    ...PAGE_HEADERS,
    'Content-Type': mediaType(file.path),
    'Content-Length': file.bytes.byteLength,
  });
  response.end(request.method === 'HEAD' ? undefined : file.bytes);
}

function refuse(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, { ...PAGE_HEADERS, 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(`${sentence}\n`);
}

function parseUrl(text: string | undefined): URL | undefined {
  try {
    return new URL(text ?? '', 'http://127.0.0.1');
  } catch {
    return undefined;
  }
}
