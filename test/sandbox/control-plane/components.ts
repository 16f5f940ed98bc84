/** The processes of one control plane and the folder they share: none of it outlives this process. */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Report } from "./binaries.ts";
import { Component } from "./component.ts";
import { Watchdog } from "./watchdog.ts";

export class Components {
  /** Only its owner may enter it. */
  readonly directory: string;
  readonly #watchdog: Watchdog;
  readonly #report: Report;
  readonly #all: Component[] = [];

  private constructor(directory: string, report: Report) {
    this.directory = directory;
    this.#report = report;
    this.#watchdog = new Watchdog(directory);
  }

  static async create(report: Report): Promise<Components> {
    return new Components(await mkdtemp(join(tmpdir(), "pod-identity-sandbox-")), report);
  }

  /** One more, not started yet. */
  add(
    name: string,
    program: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Component {
    const component = new Component({
      name,
      program,
      args,
      env,
      directory: this.directory,
      watchdog: this.#watchdog,
      report: this.#report,
    });
    this.#all.push(component);
    return component;
  }

  /** Kills them, those that need others first, and removes the folder. May be called again. */
  async stop(): Promise<void> {
    for (const component of this.#all.toReversed()) await component.kill();
    await this.#watchdog.end();
  }
}
