/** `make sandbox`: the sandbox alone, in the foreground, until Ctrl-C. Prints how to reach it. */
import { once } from "node:events";
import { startSandbox } from "./sandbox.ts";

const report = (line: string) => console.error(line);

try {
  const sandbox = await startSandbox({ controllerManager: true, dataPlane: true, report });
  for (const [name, value] of Object.entries(sandbox.environment)) {
    console.log(`export ${name}=${value}`);
  }
  console.error(
    "the sandbox is running; paste the lines above into another shell, end it with Ctrl-C",
  );
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  await sandbox.stop();
} catch (problem) {
  report(problem instanceof Error ? problem.message : String(problem));
  process.exitCode = 1;
}
