/**
 * Sign-in settings, people and sessions in requests and answers.
 */
import { z } from "zod";
import { clearLine } from "../../contract/label.ts";
import { EXAMPLE_TENANT, EXAMPLE_TIME, EXAMPLE_LATER, exampleId } from "../../contract/example.ts";
import { URL_CHARS_MAX } from "../../net/outside-url.ts";
import { OPERATOR_ROLES, ROLES } from "../caller.ts";
import { NO_ROLE } from "./ledger.ts";

/** Rows of the mapping from claim to role. */
export const ROLE_ROWS_MAX = 50;

const rowOf = <R extends string>(roles: readonly [R, ...R[]]) =>
  z.strictObject({
    value: clearLine(200).meta({ description: "A value that the claim may hold." }),
    role: z.enum(roles),
  });

/** What a sign-in is set by, with the roles that it may give. */
const signInOf = <R extends string>(roles: readonly [R, ...R[]]) =>
  z.strictObject({
    issuer: z
      .string()
      .min(1)
      .max(URL_CHARS_MAX)
      .meta({ description: "The issuer's URL, exactly as its metadata says it." }),
    client_id: clearLine(200),
    client_secret: z
      .string()
      .min(1)
      .max(1_000)
      .nullable()
      .optional()
      .meta({ description: "Left out: stays as it is. Null: a public client. Never shown again." }),
    claim: clearLine(200).meta({ description: "The claim of the ID token that holds a value, or a list of them." }),
    roles: z.array(rowOf(roles)).min(1).max(ROLE_ROWS_MAX).meta({ description: "The first row that fits counts." }),
  });

export const SignInBody = signInOf(ROLES).meta({ id: "ChangeSignIn" });
export const OperatorSignInBody = signInOf(OPERATOR_ROLES).meta({ id: "ChangeOperatorSignIn" });

const EXAMPLE_ROWS = [
  { value: "maskline-admins", role: "owner" as const },
  { value: "support", role: "support" as const },
];

export const SIGN_IN_EXAMPLE = {
  issuer: "https://login.example.com",
  client_id: "maskline",
  client_secret: "a-secret-of-your-identity-provider",
  claim: "groups",
  roles: EXAMPLE_ROWS,
};

/** How a sign-in is shown. */
const signInShown = <R extends string>(roles: readonly [R, ...R[]]) =>
  z.object({
    issuer: z.string(),
    client_id: z.string(),
    has_client_secret: z.boolean(),
    claim: z.string(),
    roles: z.array(z.object({ value: z.string(), role: z.enum(roles) })),
    redirect_uri: z.string().meta({ description: "What the identity provider must allow as redirect URI." }),
    sign_in_url: z.string().meta({ description: "Where these people sign in." }),
    changed_at: z.string().nullable().meta({ description: "Null where the deployment's own settings say it." }),
  });

const SHOWN_EXAMPLE = {
  issuer: SIGN_IN_EXAMPLE.issuer,
  client_id: "maskline",
  has_client_secret: true,
  claim: "groups",
  redirect_uri: "https://maskline.example.com/console/callback",
  sign_in_url: `https://maskline.example.com/console/sign-in/${EXAMPLE_TENANT}.0123456789abcdef`,
  changed_at: EXAMPLE_TIME,
};

export const SignInView = signInShown(ROLES).meta({
  id: "SignIn",
  examples: [{ ...SHOWN_EXAMPLE, roles: EXAMPLE_ROWS }],
});

export const OperatorSignInView = signInShown(OPERATOR_ROLES).meta({
  id: "OperatorSignIn",
  examples: [{ ...SHOWN_EXAMPLE, roles: [{ value: "maskline-operators", role: "operator" }] }],
});

const roleOrNone = <R extends string>(roles: readonly [R, ...R[]]) => z.enum([...roles, NO_ROLE]);
const changeRole = <R extends string>(roles: readonly [R, ...R[]]) =>
  z.strictObject({
    role: roleOrNone(roles).nullable().meta({ description: "Null: what the claim says, from the next sign-in on." }),
  });

export const ChangeRoleBody = changeRole(ROLES).meta({ id: "ChangeRole" });
export const OperatorChangeRoleBody = changeRole(OPERATOR_ROLES).meta({ id: "ChangeOperatorRole" });

const personShown = <R extends string>(roles: readonly [R, ...R[]]) =>
  z.object({
    id: z.string(),
    role: roleOrNone(roles),
    given_role: roleOrNone(roles)
      .nullable()
      .meta({ description: "What somebody gave them here, whatever the claim says." }),
    name: z.string().nullable().meta({ description: "As the identity provider says; only while a session lives." }),
    address: z.string().nullable(),
    first_seen_at: z.string(),
    last_seen_at: z.string(),
    live_sessions: z.int(),
  });

const PERSON_EXAMPLE = {
  id: exampleId("per"),
  given_role: null,
  name: "Asha Rao",
  address: "asha@example.com",
  first_seen_at: EXAMPLE_TIME,
  last_seen_at: EXAMPLE_LATER,
  live_sessions: 1,
};

export const PersonView = personShown(ROLES).meta({
  id: "Person",
  examples: [{ ...PERSON_EXAMPLE, role: "support" }],
});
export const OperatorPersonView = personShown(OPERATOR_ROLES).meta({
  id: "OperatorPerson",
  examples: [{ ...PERSON_EXAMPLE, role: "observer" }],
});

export const PersonSessionView = z
  .object({
    id: z.string(),
    person: z.string(),
    name: z.string().nullable(),
    address: z.string().nullable(),
    created_at: z.string(),
    used_at: z.string(),
    expires_at: z.string(),
  })
  .meta({
    id: "PersonSession",
    examples: [
      {
        id: exampleId("cse"),
        person: exampleId("per"),
        name: "Asha Rao",
        address: "asha@example.com",
        created_at: EXAMPLE_TIME,
        used_at: EXAMPLE_TIME,
        expires_at: EXAMPLE_LATER,
      },
    ],
  });
