/** A genuine Prometheus on loopback, which looks at one operator every second. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ensureBinaries } from "./control-plane/binaries.ts";
import { Components } from "./control-plane/components.ts";
import { freePort } from "./control-plane/free-port.ts";

export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** As Prometheus prints it: a number, "NaN" or "+Inf". */
  readonly value: string;
}

export interface Prometheus {
  /** @throws Error with what Prometheus says, if it refuses the query */
  query(expression: string): Promise<readonly Series[]>;
  stop(): Promise<void>;
}

interface Answer {
  readonly status: "success" | "error";
  readonly error?: string;
  readonly data?: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly value: readonly [number, string];
    }[];
  };
}

/**
 * @param target "http://host:port" of the operator's probes
 * @throws Error with what to install, if there is no Prometheus and it cannot be built
 */
export async function startPrometheus(
  target: string,
  report: (line: string) => void,
): Promise<Prometheus> {
  const { prometheus } = await ensureBinaries(["prometheus"], report);
  const components = await Components.create(report);
  const { directory } = components;
  const port = await freePort();
  const component = components.add("prometheus", prometheus, [
    `--config.file=${join(directory, "prometheus.yml")}`,
    `--storage.tsdb.path=${join(directory, "data")}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  const targets = [new URL(target).host];
  const configuration = {
    // JSON is YAML, too.
    global: { scrape_interval: "1s", scrape_timeout: "1s" },
    scrape_configs: [{ job_name: "pod-identity-operator", static_configs: [{ targets }] }],
  };
  await writeFile(join(directory, "prometheus.yml"), JSON.stringify(configuration));
  const address = `http://127.0.0.1:${port}`;
  // Its own idea of ready comes seconds before it first looks at anything.
  await component.start(() => hasLooked(address));
  return {
    query: (expression) => query(address, expression),
    stop: () => components.stop(),
  };
}

async function hasLooked(address: string): Promise<boolean> {
  try {
    return (await query(address, "up == 1")).length > 0;
  } catch {
    return false;
  }
}

async function query(address: string, expression: string): Promise<readonly Series[]> {
  const answer = await fetch(`${address}/api/v1/query`, {
    method: "POST",
    body: new URLSearchParams({ query: expression }),
  });
  const { status, error, data } = (await answer.json()) as Answer;
  if (status !== "success" || !data) throw new Error(`${expression}: ${error}`);
  return data.result.map(({ metric, value: [, value] }) => ({ labels: metric, value }));
}
