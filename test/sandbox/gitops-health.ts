/** How Argo CD and Flux judge objects: their own interpreter and library, in a small program that is built once. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { ensureBinaries } from "./control-plane/binaries.ts";

export interface Question {
  /** Lua, as in argocd-cm. */
  readonly script: string;
  /** As the API server returns it. */
  readonly object: object;
}

interface Verdict {
  readonly status: string;
  readonly message: string;
}

export interface Answer {
  readonly argo: Verdict;
  /** In the words of kstatus: Current, InProgress, Failed, Terminating. */
  readonly flux: Verdict;
}

/**
 * One answer for each question. The first time the program has to be built.
 *
 * @throws Error with what went wrong, e.g. in which line of the script
 */
export async function judge(questions: readonly Question[]): Promise<readonly Answer[]> {
  const { "gitops-health": program } = await ensureBinaries(["gitops-health"], console.error);
  const child = spawn(program, [], { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(JSON.stringify(questions));
  const [answers, complaint, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  if (code !== 0) throw new Error(complaint.trim());
  return JSON.parse(answers) as readonly Answer[];
}
