/** Chooses a port that stays free while its server is down. */
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Below what Linux (32768) and macOS (49152) hand out by themselves: a client that keeps trying a port of that range
 * while the server is restarted may be given the very same port as its own and connect to itself, and then the server
 * cannot have it back.
 */
const FIRST = 20_000;
const LAST = 32_000;

/** A port of 127.0.0.1 that nothing listens on. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
