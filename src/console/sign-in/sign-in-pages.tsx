/**
 * The pages of signing in, for who has no session. They say what happened in our own words only.
 */
import type { Child } from "hono/jsx";
import { bare } from "../look/frame.tsx";
import { Icon, Notice } from "../look/parts.tsx";
import type { Realm } from "./cookies.ts";

function gate(title: string, body: Child): string {
  return bare(
    title,
    <main class="gate" id="main">
      <div class="card">{body}</div>
    </main>,
  );
}

/** Leads to the identity provider. `host` is the provider's, so that people see where they will be. */
export function signInPage(go: string, host: string, says: { tone: "bad" | "calm"; text: string } | null): string {
  return gate(
    "Sign in",
    <>
      <h1>Sign in to the console</h1>
      {says === null ? null : <Notice tone={says.tone}>{says.text}</Notice>}
      <p class="soft">
        You sign in at <strong>{host}</strong>, the identity provider of your organisation. Maskline sees neither your
        password nor your number.
      </p>
      <a class="button" href={go}>
        Continue to sign in
        <Icon name="arrow" />
      </a>
    </>,
  );
}

/** Where nobody can tell whose people sign in here. */
export function whichTenantPage(realm: Realm, says: string | null): string {
  if (realm === "operators") return operatorsPage(says);
  return gate(
    "Sign in",
    <>
      <h1>Open your organisation’s sign-in link</h1>
      {says === null ? null : <Notice tone="bad">{says}</Notice>}
      <p class="soft">
        Every organisation has an address of its own for signing in. It is on the page “People” of the console and in{" "}
        <code>GET /v1/sign-in</code>; whoever looks after Maskline where you work can send it to you.
      </p>
      <p class="soft">
        On your own machine, <code>npm start</code> prints a link that signs you in.
      </p>
    </>,
  );
}

/** As above, of the operators' own sign-in. */
function operatorsPage(says: string | null): string {
  return gate(
    "Sign in",
    <>
      <h1>Open the operators’ sign-in link</h1>
      {says === null ? null : <Notice tone="bad">{says}</Notice>}
      <p class="soft">
        It is in <code>GET /admin/v1/sign-in</code>, and on the page “Operators” of whoever is signed in. A stranger who
        guesses it wakes nothing.
      </p>
      <p class="soft">
        On your own machine, <code>npm start</code> prints a link that signs you in.
      </p>
    </>,
  );
}

/** A sign-in that led to nothing: why, what to do, and a constant to quote. */
export function faultPage(title: string, says: Child, code: string | null, again: string | null): string {
  return gate(
    title,
    <>
      <h1>{title}</h1>
      <p class="soft">{says}</p>
      {code === null ? null : (
        <p class="soft small">
          Quote to whoever looks after it: <code>{code}</code>
        </p>
      )}
      {again === null ? null : (
        <a class="button" href={again}>
          Try again
          <Icon name="arrow" />
        </a>
      )}
    </>,
  );
}
