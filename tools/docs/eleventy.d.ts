/** As much of Eleventy as the site needs; it has no types of its own. */
declare module "@11ty/eleventy" {
  export interface Token {
    readonly type: string;
    readonly content: string;
    readonly children: readonly Token[] | null;
    attrGet(name: string): string | null;
    attrSet(name: string, value: string): void;
  }
  /** markdown-it's state: what is parsed, and the data of the page that it is parsed for. */
  export interface State {
    readonly tokens: readonly Token[];
    readonly env: Readonly<Record<string, unknown>>;
  }
  export interface Markdown {
    enable(rule: string): void;
    readonly core: { readonly ruler: { push(name: string, rule: (state: State) => void): void } };
  }
  export interface UserConfig {
    addTemplate(path: string, content: string, data: object): void;
    addGlobalData(name: string, data: unknown): void;
    addPassthroughCopy(path: string): void;
    amendLibrary(engine: "md", amend: (markdown: Markdown) => void): void;
    setTemplateFormats(formats: readonly string[]): void;
    setUseGitIgnore(use: boolean): void;
  }
  export interface Options {
    readonly configPath?: false;
    readonly config: (config: UserConfig) => void;
  }
  export class Eleventy {
    constructor(input: string, output: string, options: Options);
    disableLogger(): void;
    /** @throws Error if a page cannot be rendered or written */
    write(): Promise<unknown>;
  }
}
