import helmet from 'helmet';
import type { RequestHandler } from 'express';

/** Everything from ourselves: the page loads no script, style, font or picture from another host. */
export function securityHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        // GraphiQL's editor writes style elements.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        workerSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // The default deployment speaks HTTP on the loopback address; TLS is the proxy's, and so is this header.
    strictTransportSecurity: false,
  });
}
