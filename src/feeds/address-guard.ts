import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { BarographError } from '../domain/errors.ts';

/*
 * A feed's address is written by whoever edits the configuration, and its redirects by whoever runs its server. Neither may
 * make this process talk to the machines around it (cloud metadata, databases, itself). Only addresses of the public
 * unicast range pass, and they are checked where the connection is made: a name that resolves differently the second time
 * (DNS rebinding) gains nothing. Literal addresses never reach the lookup, so that they are checked by themselves.
 */

/** Whether an IP address is of the public internet; IPv6 that carries an IPv4 address is judged by that. */
export function isPublicAddress(address: string): boolean {
  const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  if (!ipaddr.isValid(bare)) return false;
  const parsed = ipaddr.process(bare); // unwraps ::ffff:10.0.0.1
  const range = parsed.range();
  // NAT64 (how IPv6-only networks reach IPv4) and the deprecated IPv4-compatible form carry an IPv4 address at their end.
  if (parsed.kind() === 'ipv6' && (range === 'rfc6052' || parsed.toString().startsWith('::'))) {
    return new ipaddr.IPv4(parsed.toByteArray().slice(-4)).range() === 'unicast';
  }
  return range === 'unicast';
}

function forbidden(host: string, address: string): BarographError {
  const where = host === address ? address : `${host} (${address})`;
  return new BarographError(
    'E_FEED_FORBIDDEN',
    `The feed leads to ${where}, which is no public address. If that is meant, set allow_private: true.`,
    {
      facts: { host, address },
    },
  );
}

/** Rejects a URL whose host is a literal address that is not public. Names are left to `guardedLookup`. */
export function checkLiteralAddress(url: URL): void {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (ipaddr.isValid(host) && !isPublicAddress(host)) throw forbidden(host, host);
}

type LookupAll = (
  host: string,
  options: { all: true; family?: number },
  done: (error: Error | null, addresses: { address: string; family: number }[]) => void,
) => void;

/** The `lookup` of a connection that refuses a name if any of its addresses is not public. `resolve` is given by tests. */
export function guardedLookup(resolve: LookupAll = systemLookup): LookupFunction {
  return (host, options, done) => {
    const family = options.family === 'IPv4' ? 4 : options.family === 'IPv6' ? 6 : (options.family ?? 0);
    resolve(host, { all: true, family }, (error, addresses) => {
      const first = addresses?.[0];
      if (error !== null || first === undefined) return done(error ?? new Error(`${host} has no address`), '', 0);
      const refused = addresses.find(({ address }) => !isPublicAddress(address));
      if (refused !== undefined) return done(forbidden(host, refused.address), '', 0);
      if (options.all === true) return done(null, addresses);
      done(null, first.address, first.family);
    });
  };
}
