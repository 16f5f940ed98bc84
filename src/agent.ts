/** Looks for the Pod Identity agent now and then: it is the same for all objects, and each says so. */
import { errorFields, type Logger } from "./engine/log.ts";
import { type AgentEvidence, agentCondition } from "./plan/agent.ts";
import type { NewCondition } from "./plan/conditions.ts";

export interface AgentOptions {
  readonly isAutoMode: boolean;
  /** EKS's status of the add-on; `undefined`: it is not installed. */
  readonly addonStatus: () => Promise<string | undefined>;
  /** "namespace/name" of a DaemonSet that somebody else installed. */
  readonly daemonSet: () => Promise<string | undefined>;
  /** What is said has changed: all objects are to say it. */
  readonly onChange: () => void;
  readonly log: Logger;
}

export class Agent {
  readonly #options: AgentOptions;
  #condition: NewCondition | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(options: AgentOptions) {
    this.#options = options;
  }

  /** `undefined`: nobody has looked yet. */
  get condition(): NewCondition | undefined {
    return this.#condition;
  }

  /** One look after the other: of two at once the older might be answered last, and be believed. */
  look(): Promise<void> {
    const look = this.#last.then(() => this.#look());
    this.#last = look.catch(() => undefined);
    return look;
  }

  /** What could not be found out this time is as it was. */
  async #look(): Promise<void> {
    const { isAutoMode, addonStatus, onChange } = this.#options;
    const before = this.#condition;
    const evidence: AgentEvidence = isAutoMode
      ? { isAutoMode, addonStatus: undefined, daemonSet: undefined }
      : {
          isAutoMode,
          addonStatus: await this.#found("add-on", addonStatus),
          daemonSet: await this.#found("DaemonSet", this.#options.daemonSet),
        };
    const now = agentCondition(evidence);
    if (before && now.status === "Unknown") return;
    if (before?.message === now.message && before.status === now.status) return;
    this.#condition = now;
    if (before) onChange();
  }

  async #found(what: string, read: () => Promise<string | undefined>): Promise<string | undefined> {
    try {
      return await read();
    } catch (thrown) {
      this.#options.log.debug("could not look for the agent", { what, ...errorFields(thrown) });
      return "unknown";
    }
  }
}
