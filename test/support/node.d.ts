/**
 * What tests call of Node's own modules, typed as they call it. To be deleted together with `src/base/node.d.ts` on the day
 * `@types/node` joins the toolchain.
 */
declare module "node:sqlite" {
  interface StatementSync {
    all(...bindings: unknown[]): Record<string, unknown>[];
    get(...bindings: unknown[]): Record<string, unknown> | undefined;
  }
  class DatabaseSync {
    constructor(path: string);
    exec(sql: string): void;
    prepare(sql: string): StatementSync;
  }
}
declare module "node:child_process" {
  function spawnSync(
    command: string,
    args: string[],
    options: { encoding: "utf8" },
  ): { status: number | null; stdout: string; stderr: string };
}
declare module "node:fs" {
  function mkdtempSync(prefix: string): string;
  function writeFileSync(path: string, data: string): void;
  function rmSync(path: string, options: { recursive: boolean; force: boolean }): void;
}
declare module "node:os" {
  function tmpdir(): string;
}
declare module "node:path" {
  function join(...parts: string[]): string;
}
declare module "node:process" {
  const process: { readonly execPath: string };
  export default process;
}
declare module "node:url" {
  function fileURLToPath(url: string | URL): string;
}
interface ImportMeta {
  readonly url: string;
}
