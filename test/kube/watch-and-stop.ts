/** A process of its own that watches, stops, and has nothing left to wait for: it must end by itself. */
import { CONFIG_MAPS, Fixture } from "./fixture.ts";

const [server = ""] = process.argv.slice(2);
const fixture = new Fixture();
const transport = fixture.transportTo(server);
const { reflector } = fixture.watchOver(transport);
await reflector.synced;
await transport.json({ method: "GET", path: `/api/v1/${CONFIG_MAPS.plural}?limit=1` });
await fixture.stop();
process.stdout.write("stopped\n");
