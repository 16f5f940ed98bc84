/** As much of CloudFormation as config/aws/operator.cfn.yaml uses: its resources as they are made with given parameters. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";

type Parameters = Readonly<Record<string, unknown>>;

interface Resource {
  readonly Type: string;
  readonly Condition?: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

interface Template {
  readonly Parameters: Readonly<
    Record<string, { readonly Type: string; readonly Default?: string }>
  >;
  readonly Conditions: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, Resource>>;
}

const ABSENT = Symbol("AWS::NoValue");

/** Resources by logical id; a reference to another of them is "→ id". */
export function resourcesWith(given: Parameters): Readonly<Record<string, Resource["Properties"]>> {
  const tag = { tag: "!Sub", resolve: (text: string) => ({ "Fn::Sub": text }) };
  const text = readFileSync("config/aws/operator.cfn.yaml", "utf8");
  const template = parse(text, { customTags: [tag], schema: "yaml-1.1" }) as Template;
  const stack = new Stack(template, given);
  const made = Object.entries(template.Resources).filter(
    ([, { Condition }]) => Condition === undefined || stack.holds(template.Conditions[Condition]),
  );
  return Object.fromEntries(
    made.map(([id, { Properties }]) => [id, stack.resolve(Properties) as Resource["Properties"]]),
  );
}

class Stack {
  readonly #template: Template;
  readonly #values: Parameters;

  constructor(template: Template, given: Parameters) {
    const defaults = Object.entries(template.Parameters).map(([name, { Type, Default }]) => [
      name,
      Type === "CommaDelimitedList" ? Default?.split(",") : Default,
    ]);
    this.#template = template;
    this.#values = { ...Object.fromEntries(defaults), ...given };
  }

  holds(condition: unknown): boolean {
    const [[name, operand]] = Object.entries(condition as object) as [[string, unknown]];
    if (name === "Condition") return this.holds(this.#template.Conditions[String(operand)]);
    const operands = operand as unknown[];
    if (name === "Fn::Equals") return this.resolve(operands[0]) === this.resolve(operands[1]);
    if (name === "Fn::And") return operands.every((one) => this.holds(one));
    if (name === "Fn::Or") return operands.some((one) => this.holds(one));
    throw new Error(`no such condition here: ${name}`);
  }

  resolve(value: unknown): unknown {
    if (Array.isArray(value)) {
      return value.map((one) => this.resolve(one)).filter((one) => one !== ABSENT);
    }
    if (typeof value !== "object" || value === null) return value;
    const [name = "", operand] = Object.entries(value)[0] ?? [];
    if (name === "Ref") return this.#reference(String(operand));
    if (name === "Fn::GetAtt") return `→ ${(operand as string[]).join(".")}`;
    if (name === "Fn::Sub") {
      return String(operand).replaceAll(/\$\{([^}]+)\}/g, (_, one) => String(this.#reference(one)));
    }
    if (name === "Fn::If") {
      const [condition = "", then, otherwise] = operand as [string, unknown, unknown];
      return this.resolve(this.holds(this.#template.Conditions[condition]) ? then : otherwise);
    }
    const members = Object.entries(value).map(([key, member]) => [key, this.resolve(member)]);
    return Object.fromEntries(members);
  }

  #reference(name: string): unknown {
    if (name === "AWS::NoValue") return ABSENT;
    if (name in this.#template.Resources) return `→ ${name}`;
    if (!(name in this.#values)) throw new Error(`${name} has no value`);
    return this.#values[name];
  }
}
