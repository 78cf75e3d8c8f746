/**
 * What a page of the console is: a row with its path, its place in the navigation, and how it is shown. A page has no data of its
 * own: it asks the routes of the API with the session of whoever visits, so it can show nothing that a key of the same scopes
 * could not read.
 */
import type { Child } from "hono/jsx";
import type { z } from "zod";
import type { DoorKeys } from "../access/api-key.ts";
import type { Granted, Scope } from "../access/caller.ts";
import type { Present } from "../access/people/face.ts";
import type { Credential } from "../access/caller.ts";
import type { Owner } from "../base/ids.ts";
import type { Log } from "../base/log.ts";
import type { Outcome, Refusal } from "../base/refusal.ts";
import type { OperatorPresent } from "../rpc/operator.ts";
import type { TenantPort, TenantVerbName } from "../rpc/tenant.ts";
import type { IconName } from "../look/icons.ts";
import type { OidcIo } from "./sign-in/oidc.ts";

/** A request to a route of the API: its query, the ids of its path, its body. `once` makes a repeated form one request. */
export type Question = {
  query?: Record<string, string | undefined>;
  params?: Record<string, string>;
  body?: unknown;
  once?: string;
};

/** Asks the route of a verb; the answer is what a program would get, read by the route's own schema. */
export type Ask = <View extends z.ZodType>(
  verb: TenantVerbName,
  question: Question,
  view: View,
) => Promise<Outcome<z.output<View>>>;

/** As above, of an operators' route. */
export type OperatorAsk = <View extends z.ZodType>(
  verb: string,
  question: Question,
  view: View,
) => Promise<Outcome<z.output<View>>>;

/** One door of the console. `params` are the ids of its path. */
export type ConsoleRoute = {
  method: "get" | "post";
  path: string;
  serve: (request: Request, deps: ConsoleDeps, params: Record<string, string>) => Promise<Response>;
};

/** A session's credential, and whose tenant it opens. */
export type SessionKey = { credential: Credential; owner: Owner };

/** What the console is given. */
export type ConsoleDeps = {
  door: DoorKeys;
  /** Real time. */
  now: number;
  publicUrl: string;
  oidc: OidcIo;
  log: Log;
  requestId: string;
  /** Whoever signs people in: a tenant's object, or the operators'. */
  tenant: (owner: Owner) => Pick<TenantPort, "signInClient" | "signIn">;
  operators: {
    present: (session: SessionKey) => Promise<Outcome<OperatorPresent>>;
    signOut: (session: SessionKey) => Promise<void>;
    /** Asks as whom `present` has just named. */
    askAs: (present: OperatorPresent, page: string) => OperatorAsk;
  };
  present: (session: SessionKey) => Promise<Outcome<Present>>;
  signOut: (session: SessionKey) => Promise<void>;
  /** `page`: how the audit names where the person stands. */
  askAs: (session: SessionKey, page: string) => Ask;
};

/** One visit of a person to a page. */
export type Visit = {
  ask: Ask;
  present: Present;
  params: Record<string, string>;
  query: Record<string, string>;
  /** The fields of the form, where one was sent. */
  form: URLSearchParams;
  now: number;
  origin: string;
};

/** What a page shows; or where it leads; or why it cannot be shown. */
export type Shown = { title: string; main: Child; status?: number } | { goTo: string } | Refusal;

/** Names of the groups of the navigation. */
export const GROUPS = ["Traffic", "Build", "Govern"] as const;

/** One page. `scope` is what its verb needs: without it the page is in no navigation, and its verb refuses. */
export type PageRow = {
  path: string;
  title: string;
  scope: Scope;
  /** Shown only where the tenant is a sandbox. */
  nav?: { group: (typeof GROUPS)[number]; icon: IconName };
  get: (visit: Visit) => Promise<Shown>;
  /** Takes the page's forms. */
  post?: (visit: Visit) => Promise<Shown>;
};

/** Whether these scopes open a page. */
export const opens = (granted: Granted, { scope }: Pick<PageRow, "scope">): boolean =>
  granted.includes("*") || granted.includes(scope);

/** A field of a form or query, without spaces around; undefined where it is empty. */
export function fieldOf(from: URLSearchParams | Record<string, string>, name: string): string | undefined {
  const value = (from instanceof URLSearchParams ? from.get(name) : from[name])?.trim();
  return value === undefined || value === "" ? undefined : value;
}
