/**
 * What a tenant's object is asked about people who sign in, beside their verbs: by the console's doors, and by operators.
 */
import type { Identity } from "../access/people/sign-in.ts";
import type { Caller } from "../access/caller.ts";
import { isRefused, refuse, type Outcome } from "../base/refusal.ts";
import type { InSession, TenantPort } from "../rpc/tenant.ts";
import type { TenantHost } from "./host.ts";
import type { Rooms } from "./rooms.ts";

/** Behind the gate of a tenant that was created, in one transaction. */
type Operate = <T>(act: (room: Rooms) => Outcome<T>) => Promise<Outcome<T>>;

/** The calls of the port that are about people. */
export type PeopleCalls = "signInClient" | "signIn" | "present" | "signOut" | "resetSignIn";

/** Signing in and out, who is in a session, and an operator's reset. */
export class PeopleService implements Pick<TenantPort, PeopleCalls> {
  readonly #host: TenantHost;
  readonly #tenantId: string;
  readonly #operate: Operate;

  constructor(host: TenantHost, tenantId: string, operate: Operate) {
    this.#host = host;
    this.#tenantId = tenantId;
    this.#operate = operate;
  }

  /** Whose credential it is; a refused one is counted. */
  recognised(room: Rooms, { credential, origin }: InSession): Outcome<Caller> {
    const caller = room.access.recognise(credential, origin);
    if (typeof caller !== "string") return { ok: caller };
    this.#host.countRefusal(caller);
    return refuse("unauthenticated");
  }

  signInClient(): ReturnType<TenantPort["signInClient"]> {
    return this.#operate(({ access }) =>
      this.#host.isSuspended() ? refuse("tenant_suspended") : access.signInClient(),
    );
  }

  signIn(identity: Identity): ReturnType<TenantPort["signIn"]> {
    return this.#operate(({ access }) =>
      this.#host.isSuspended() ? refuse("tenant_suspended") : { ok: access.signIn(identity) },
    );
  }

  present(session: InSession): ReturnType<TenantPort["present"]> {
    return this.#operate((room) => {
      const caller = this.recognised(room, session);
      if (isRefused(caller)) return caller;
      room.access.used(caller.ok);
      const present = room.access.presentOf(caller.ok);
      return present === null ? refuse("unauthenticated") : { ok: present };
    });
  }

  async signOut(session: InSession): Promise<void> {
    await this.#operate((room) => {
      const caller = this.recognised(room, session);
      if (!isRefused(caller)) room.access.signOut(caller.ok);
      return { ok: null };
    });
  }

  /** Loud: in the tenant's audit and the operators', and an event. */
  resetSignIn(operator: string): ReturnType<TenantPort["resetSignIn"]> {
    return this.#operate(({ access, alerts }) => {
      const reset = access.resetSignIn({ type: "operator", id: operator });
      alerts.raise({ type: "alert.sign_in_reset", about: this.#tenantId, facts: { ended: reset.ended } });
      return { ok: reset };
    });
  }
}
