/** Runs the operator as a process: settings, probes, signals, exit code. What it consists of: operator.ts. */
import "./memory.ts";
import { createLog, errorFields, type Logger } from "./engine/log.ts";
import { Probes } from "./engine/probes.ts";
import { Operator } from "./operator.ts";
import { asFailure } from "./plan/outcome.ts";
import { readSettings, type Settings } from "./settings.ts";

function settingsOrExit(): Settings {
  try {
    return readSettings(process.env);
  } catch (wrong) {
    process.stderr.write(`podidentity: ${(wrong as Error).message}\n`);
    process.exit(2);
  }
}

/** Stops at SIGTERM and SIGINT; the second one ends at once. */
function stopSignal(log: Logger): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(1);
      log.info("stopping", { signal: name });
      stop.abort(new Error("the operator stops"));
    });
  }
  return stop.signal;
}

const settings = settingsOrExit();
const log = createLog(settings.LOG_LEVEL);
const signal = stopSignal(log);
let operator: Operator | undefined;
const probes = new Probes({
  readiness: () => operator?.readiness() ?? { ready: false, why: "starting" },
  metrics: async () => operator?.metrics() ?? "",
});

try {
  log.info("probes are served", { address: await probes.listen(settings.PROBE_ADDRESS) });
  operator = new Operator(settings, log, signal);
  await operator.run();
} catch (thrown) {
  const { reason, message } = asFailure(thrown);
  const unforeseen = reason === "InternalError" ? errorFields(thrown) : {};
  log.error("cannot run", { reason, why: message, ...unforeseen });
  // Another replica leads: what still runs here must not go on for another moment.
  if (reason === "LeaseLost") process.exit(1);
  process.exitCode = 1;
}
probes.close();
// Whatever a library may still hold open: all that has to be finished is.
setTimeout(() => process.exit(), 500).unref();
