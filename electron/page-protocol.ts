import type { PageFile } from '../core/worker/page-files.ts';
import { mediaType, PAGE_HEADERS } from '../core/worker/page-policy.ts';
import { isOurPage } from './security.ts';

/** Answers requests for `app://studio/...` from the files of the page and from nothing else. */
export function pageHandler(files: ReadonlyMap<string, PageFile>): (request: Request) => Response {
  return (request) => {
    if (request.method !== 'GET' || !isOurPage(request.url)) return refuse(403);
    const { pathname } = new URL(request.url);
    const file = files.get(pathname === '/' ? '/index.html' : pathname);
    if (!file) return refuse(404);
    return new Response(new Uint8Array(file.bytes), {
      headers: { ...PAGE_HEADERS, 'Content-Type': mediaType(file.path) },
    });
  };
}

function refuse(status: number): Response {
  return new Response(null, { status, headers: { ...PAGE_HEADERS } });
}
