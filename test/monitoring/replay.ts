/** What promtool's engine makes of the alerts if a run that was seen for seconds went on like that for hours. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { thisMachine } from "../sandbox/control-plane/binaries/machine.ts";
import type { Sampled } from "./exposition.ts";
import { ruleGroups } from "./queries.ts";

/** A look at a run, and another some seconds later. */
export interface Look {
  readonly first: Sampled;
  readonly second: Sampled;
  readonly seconds: number;
}

/** Longer than any alert waits. */
const MINUTES = 90;

/** A gauge that grew nearly as fast as time is an age, and goes on growing. Others stay: sawteeth are no trend. */
const LIKE_A_CLOCK = 0.7;

const GROWING = /_(total|bucket|count|sum)(\{|$)/;

/** Series in promtool's notation: what only grows, and what is an age, goes on as between the two looks. */
export function continued({ first, second, seconds }: Look): readonly object[] {
  return [...second].flatMap(([series, value]) => {
    if (!series.startsWith("podidentity_") || !Number.isFinite(value)) return [];
    const perSecond = (value - (first.get(series) ?? value)) / seconds;
    const goesOn = GROWING.test(series) || perSecond > LIKE_A_CLOCK;
    const perMinute = goesOn ? Math.max(0, perSecond) * 60 : 0;
    return [{ series, values: `${value}+${perMinute}x${MINUTES}` }];
  });
}

/** @throws Error with what promtool says, unless exactly these alerts fire at the end */
export async function expectAlerts(
  promtool: string,
  series: readonly object[],
  alerts: readonly string[],
): Promise<void> {
  await inFolder(async (directory) => {
    await writeFile(join(directory, "alerts.yml"), JSON.stringify(ruleGroups()));
    const tests = [
      {
        interval: "1m",
        input_series: series,
        promql_expr_test: [
          {
            expr: 'group by (alertname) (ALERTS{alertstate="firing"})',
            eval_time: `${MINUTES}m`,
            exp_samples: alerts.map((name) => ({ labels: `{alertname="${name}"}`, value: 1 })),
          },
        ],
      },
    ];
    const test = { rule_files: ["alerts.yml"], evaluation_interval: "1m", tests };
    await writeFile(join(directory, "test.yml"), JSON.stringify(test));
    await run(promtool, ["test", "rules", join(directory, "test.yml")]);
  });
}

/** @throws Error with what promtool finds wrong with the rules */
export function checkRules(promtool: string): Promise<void> {
  return inFolder(async (directory) => {
    const file = join(directory, "alerts.yml");
    await writeFile(file, JSON.stringify(ruleGroups()));
    await run(promtool, ["check", "rules", "--lint=all", "--lint-fatal", file]);
  });
}

/** What promtool's linter says of names, types and help texts; [] is nothing. */
export function lintMetrics(promtool: string, metrics: string): Promise<readonly string[]> {
  return inFolder(async (directory) => {
    const file = join(directory, "metrics");
    await writeFile(file, metrics);
    const script = '"$0" check metrics <"$1"';
    const ending = await thisMachine.run("sh", ["-c", script, promtool, file], {
      env: process.env,
    });
    const said = (ending?.output ?? "").split("\n").filter(Boolean);
    // 3: it could read all of it, and has something to say.
    if (ending?.code !== 0 && ending?.code !== 3) throw new Error(said.join("\n"));
    return said;
  });
}

async function run(promtool: string, args: readonly string[]): Promise<void> {
  const ending = await thisMachine.run(promtool, args, { env: process.env });
  if (ending?.code !== 0) throw new Error(`promtool ${args.join(" ")}:\n${ending?.output}`);
}

async function inFolder<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "podidentity-promtool-"));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
