/** Ids of the shapes AWS gives out. */
import { randomInt } from "node:crypto";

const LOWER = "0123456789abcdefghijklmnopqrstuvwxyz";
const UPPER = LOWER.toUpperCase();

function pick(letters: string, length: number): string {
  return Array.from({ length }, () => letters[randomInt(letters.length)]).join("");
}

/** `a-` and 17 lower-case letters or digits. */
export const associationId = (): string => `a-${pick(LOWER, 17)}`;

/** `AROA` for roles, `ANPA` for policies, `AIPA` for instance profiles, each followed by 17 letters or digits. */
export const iamId = (prefix: "AROA" | "ANPA" | "AIPA"): string => `${prefix}${pick(UPPER, 17)}`;
