/** `Condition` of a statement: all operators and all their keys must hold (IAM user guide, "Condition operators"). */
import { type Context, isWithin } from "./pattern.ts";

/** Whether one value of the request meets one value of the policy. */
type Test = (actual: string, wanted: string, context: Context) => boolean;

const like: Test = (actual, wanted, context) => isWithin(actual, wanted, { context });
const equal: Test = (actual, wanted, context) => {
  // No pattern: only variables are filled in.
  const asIs = wanted.replaceAll(/(?<!\$\{)[*?]/g, (character) => `\${${character}}`);
  return isWithin(actual, asIs, { context });
};
/** Each of the six parts of an ARN is compared by itself, and may have wildcards. */
function likeByPart(actual: string, wanted: string, context: Context): boolean {
  const given = partsOf(actual);
  return partsOf(wanted).every((part, index) => like(given[index] ?? "", part, context));
}

/** Colons in a variable's name part nothing. */
function partsOf(arn: string): readonly string[] {
  const [scheme = "", partition = "", service = "", region = "", account = "", ...resource] =
    arn.split(/:(?![^{]*\})/);
  return [scheme, partition, service, region, account, resource.join(":")];
}

const numbers =
  (holds: (a: number, b: number) => boolean): Test =>
  (a, b) =>
    holds(Number(a), Number(b));
const dates =
  (holds: (a: number, b: number) => boolean): Test =>
  (a, b) =>
    holds(Date.parse(a), Date.parse(b));

const TESTS: Readonly<Record<string, Test>> = {
  StringEquals: equal,
  StringEqualsIgnoreCase: (a, b, context) => equal(a.toLowerCase(), b.toLowerCase(), context),
  StringLike: like,
  // AWS treats both alike.
  ArnEquals: likeByPart,
  ArnLike: likeByPart,
  Bool: (a, b) => a.toLowerCase() === b.toLowerCase(),
  NumericEquals: numbers((a, b) => a === b),
  NumericLessThan: numbers((a, b) => a < b),
  NumericLessThanEquals: numbers((a, b) => a <= b),
  NumericGreaterThan: numbers((a, b) => a > b),
  NumericGreaterThanEquals: numbers((a, b) => a >= b),
  DateLessThan: dates((a, b) => a < b),
  DateGreaterThan: dates((a, b) => a > b),
};

interface Operator {
  readonly test: Test;
  readonly isNegated: boolean;
  readonly ifExists: boolean;
  readonly quantifier: "any" | "all" | undefined;
}

/** @throws Error for an operator that is not known here: no document is to be misread */
export function conditionsHold(condition: unknown, context: Context): boolean {
  if (condition === undefined) return true;
  return Object.entries(condition as object).every(([operator, keys]) =>
    Object.entries(keys as object).every(([key, values]) =>
      holds(operator, [values].flat().map(String), context.get(key.toLowerCase()), context),
    ),
  );
}

function holds(
  name: string,
  wanted: readonly string[],
  actual: readonly string[] | undefined,
  context: Context,
): boolean {
  // "true": the key must be absent.
  if (name === "Null") return wanted.includes(String(actual === undefined));
  const { test, isNegated, ifExists, quantifier } = operatorOf(name);
  const meets = (value: string) => wanted.some((one) => test(value, one, context)) !== isNegated;
  if (actual === undefined) return ifExists || isNegated || quantifier === "all";
  return quantifier === "all" ? actual.every(meets) : actual.some(meets);
}

function operatorOf(name: string): Operator {
  const [, quantifier, base = "", ifExists] =
    /^(?:ForA(ny|ll)Value(?:s)?:)?(\w+?)(IfExists)?$/.exec(name) ?? [];
  const positive = base.replace(
    /^(String|Arn|Numeric|Date)Not(Equals|Like|EqualsIgnoreCase)/,
    "$1$2",
  );
  const test = TESTS[positive];
  if (!test) throw new Error(`the evaluator does not know the condition operator ${name}`);
  return {
    test,
    isNegated: positive !== base,
    ifExists: ifExists !== undefined,
    quantifier: quantifier === "ny" ? "any" : quantifier === "ll" ? "all" : undefined,
  };
}
