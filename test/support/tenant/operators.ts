/** Operators who have signed in, without a browser: the operators' object is told what a door would have verified. */
import { env } from "cloudflare:workers";
import type { OperatorRole } from "../../../src/access/caller.ts";
import { identity, type SignedIn } from "./people.ts";
import { asOperator } from "./tenants.ts";

const OPERATOR_SIGN_IN = {
  issuer: "https://192.0.9.1",
  client_id: "console",
  claim: "role",
  roles: [
    { value: "operator", role: "operator" },
    { value: "observer", role: "observer" },
  ],
};

/** Sets the operators' sign-in. */
export async function setOperatorSignIn(over: object = {}) {
  const set = await asOperator("PUT /admin/v1/sign-in", { ...OPERATOR_SIGN_IN, ...over });
  if (set.status !== 200) throw new Error(set.text);
  return set.body;
}

const home = () => env.OPERATORS.get(env.OPERATORS.idFromName("eu:operator"));
type Answered = { ok: { session?: string; denied?: string } };

/** What becomes of an identity: the text of a session, or why there is none. */
export async function tryOperatorSignIn(given: ReturnType<typeof identity>): Promise<Answered["ok"]> {
  return ((await home().signIn(given)) as unknown as Answered).ok;
}

/** An operator in this role, signed in. */
export async function operatorSignedIn(role: OperatorRole, over: object = {}): Promise<SignedIn> {
  const { session: text } = await tryOperatorSignIn(identity([role], { subject: `the ${role}`, ...over }));
  if (text === undefined) throw new Error("no session");
  const session = `cse_${text.slice(4, 40)}`;
  const { data } = (await asOperator("GET /admin/v1/operator-sessions")).body as {
    data: { id: string; person: string }[];
  };
  const id = data.find((each) => each.id === session)?.person ?? "";
  return { cookie: `__Host-maskline_operator=${text}`, session, id };
}
