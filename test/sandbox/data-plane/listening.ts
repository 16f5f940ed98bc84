/** HTTP servers of the sandbox: on this machine's loopback address only, and gone at once when stopped. */
import { once } from "node:events";
import type { Server } from "node:http";
import { connect } from "node:net";

export interface Listening {
  readonly port: number;
  /** Cuts what is under way and closes the port. */
  close(): Promise<void>;
}

/** @param port 0: any free one */
export async function listen(server: Server, port: number): Promise<Listening> {
  // Node's 5 s would cut idle connections just as a client reuses them, which looks like a fault.
  server.keepAliveTimeout = 120_000;
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Whether something listens there. */
export async function isListening(port: number): Promise<boolean> {
  const connection = connect(port, "127.0.0.1");
  try {
    await once(connection, "connect");
    return true;
  } catch {
    return false;
  } finally {
    connection.destroy();
  }
}
