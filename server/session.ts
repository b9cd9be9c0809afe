import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Who may talk to the server: whoever came with the token once, and has the cookie since. */
export class Sessions {
  private token: string | undefined;
  private readonly reusable: boolean;
  private readonly ids = new Set<string>();

  /** @param fixed a token that can be used any number of times, for tests. */
  constructor(fixed?: string) {
    this.reusable = fixed !== undefined;
    this.token = fixed ?? randomBytes(24).toString('base64url');
  }

  /** The token to print in the address; undefined once it is used up. */
  get current(): string | undefined {
    return this.token;
  }

  /** Exchanges the token for a session id; undefined when it is not the token (any more). */
  redeem(token: string): string | undefined {
    if (this.token === undefined || !sameText(token, this.token)) return undefined;
    if (!this.reusable) this.token = undefined;
    const id = randomBytes(24).toString('base64url');
    this.ids.add(id);
    return id;
  }

  has(id: string | undefined): boolean {
    return id !== undefined && this.ids.has(id);
  }
}

/** Cookies are shared between all ports of a host, so that the name must carry ours. */
export function cookieName(port: number): string {
  return `nibble_${port}`;
}

/** Value of our cookie in a request. */
export function cookieOf(request: IncomingMessage, port: number): string | undefined {
  const name = cookieName(port);
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const at = part.indexOf('=');
    if (part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return undefined;
}

/** The Set-Cookie value for a session. */
export function setCookie(port: number, id: string): string {
  return `${cookieName(port)}=${id}; Path=/; HttpOnly; SameSite=Strict`;
}

/** Whether the Host header is this very server: another name is a DNS rebinding attack. */
export function isOurHost(request: IncomingMessage, port: number): boolean {
  const host = request.headers.host;
  return host === `127.0.0.1:${port}` || host === `localhost:${port}`;
}

/** Whether a WebSocket is opened by a page of this server. */
export function isOurOrigin(request: IncomingMessage, port: number): boolean {
  const { origin, host } = request.headers;
  return isOurHost(request, port) && origin === `http://${host}`;
}

function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
