/** How a manifest becomes a template: expressions at their places, and an error where there is no such place. */
import { expect } from "chai";
import { type Manifest, templateOf } from "../../tools/chart/substitute.ts";

const manifest = (spec: object): Manifest =>
  ({ kind: "K", metadata: { name: "n" }, spec }) as unknown as Manifest;
const template = (spec: object, expressions: Readonly<Record<string, string>>) =>
  templateOf(manifest(spec), expressions).split("\n").slice(3).join("\n");

describe("a chart's template", () => {
  it("has an expression where the manifest has a value", () => {
    expect(template({ a: { b: 1 } }, { "spec a b": "{{ .Values.b }}" })).to.equal(
      "spec:\n  a:\n    b: {{ .Values.b }}\n",
    );
  });

  it("finds an element of a list by its name", () => {
    const spec = {
      all: [
        { name: "one", v: 1 },
        { name: "two", v: 2 },
      ],
    };
    expect(template(spec, { "spec all two v": "{{ $x }}" })).to.include("v: {{ $x }}");
    expect(template(spec, { "spec all two v": "{{ $x }}" })).to.include("v: 1");
  });

  it("has lines of its own for what may be there several times", () => {
    expect(
      template({ all: ["a"] }, { "spec all +": "{{- range $x }}\n- {{ . }}\n{{- end }}" }),
    ).to.equal("spec:\n  all:\n    - a\n    {{- range $x }}\n    - {{ . }}\n    {{- end }}\n");
  });

  it("lives in the namespace of the release, which may look like a number", () => {
    expect(template({ a: "pod-identity-system", b: "in pod-identity-system:x" }, {})).to.equal(
      'spec:\n  a: "{{ .Release.Namespace }}"\n  b: in {{ .Release.Namespace }}:x\n',
    );
  });

  it("keeps texts texts that older YAML takes for something else", () => {
    expect(template({ a: "Off", b: "yes" }, {})).to.equal('spec:\n  a: "Off"\n  b: "yes"\n');
  });

  const WRONG: readonly (readonly [string, string, string])[] = [
    ["a path through nothing", "spec x y z", "there is no x"],
    ["an element that no list has", "spec all three v", "no element is named three"],
  ];
  for (const [what, path, message] of WRONG) {
    it(`cannot be made with ${what}`, () => {
      expect(() => template({ all: [{ name: "one" }] }, { [path]: "{{ 1 }}" })).to.throw(message);
    });
  }

  it("leaves to Prometheus what Prometheus fills in", () => {
    const made = template({ summary: "{{ $value }} pods of {{ $labels.kind }}" }, {});
    // What Helm makes of it.
    expect(made.replaceAll('{{ "{{" }}', "{{")).to.equal(
      'spec:\n  summary: "{{ $value }} pods of {{ $labels.kind }}"\n',
    );
    expect(made).to.not.match(/\{\{ \$/);
  });
});
