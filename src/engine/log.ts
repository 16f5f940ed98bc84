/** JSON lines on stdout: a constant message, everything else a field. Never a body, a token or a key. */
import winston from "winston";
import { Failure } from "../plan/outcome.ts";

export type Logger = Pick<winston.Logger, "error" | "warn" | "info" | "debug" | "isLevelEnabled">;

/** @param level "error", "warn", "info" or "debug" */
export function createLog(level: string): Logger {
  return winston.createLogger({
    level,
    format: winston.format.combine(winston.format.timestamp(), winston.format.json()),
    transports: [new winston.transports.Console()],
  });
}

/** What of an error may be logged: its text, and where it came from if nobody foresaw it; nothing it carries. */
export function errorFields(thrown: unknown): Readonly<Record<string, string>> {
  if (!(thrown instanceof Error)) return { error: String(thrown) };
  if (thrown instanceof Failure) return { reason: thrown.reason, error: thrown.message };
  return { error: thrown.message, ...(thrown.stack ? { stack: thrown.stack } : {}) };
}
