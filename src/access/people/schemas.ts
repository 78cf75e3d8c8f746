/**
 * Sign-in settings, people and sessions in requests and answers.
 */
import { z } from "zod";
import { EXAMPLE_TENANT, EXAMPLE_TIME, EXAMPLE_LATER, exampleId } from "../../contract/example.ts";
import { URL_CHARS_MAX } from "../../net/outside-url.ts";
import { ROLES } from "../caller.ts";
import { NO_ROLE } from "./ledger.ts";

/** Rows of the mapping from claim to role. */
export const ROLE_ROWS_MAX = 50;

const RoleRowView = z.strictObject({
  value: z.string().min(1).max(200).meta({ description: "A value that the claim may hold." }),
  role: z.enum(ROLES),
});

export const SignInBody = z
  .strictObject({
    issuer: z
      .string()
      .min(1)
      .max(URL_CHARS_MAX)
      .meta({ description: "The issuer's URL, exactly as its metadata says it." }),
    client_id: z.string().min(1).max(200),
    client_secret: z
      .string()
      .min(1)
      .max(1_000)
      .nullable()
      .optional()
      .meta({ description: "Left out: stays as it is. Null: a public client. Never shown again." }),
    claim: z
      .string()
      .min(1)
      .max(200)
      .meta({ description: "The claim of the ID token that holds a value, or a list of them." }),
    roles: z.array(RoleRowView).min(1).max(ROLE_ROWS_MAX).meta({ description: "The first row that fits counts." }),
  })
  .meta({ id: "ChangeSignIn" });

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

export const SignInView = z
  .object({
    issuer: z.string(),
    client_id: z.string(),
    has_client_secret: z.boolean(),
    claim: z.string(),
    roles: z.array(z.object({ value: z.string(), role: z.enum(ROLES) })),
    redirect_uri: z.string().meta({ description: "What the identity provider must allow as redirect URI." }),
    sign_in_url: z.string().meta({ description: "Where the tenant's people sign in." }),
    changed_at: z.string(),
  })
  .meta({
    id: "SignIn",
    examples: [
      {
        issuer: SIGN_IN_EXAMPLE.issuer,
        client_id: "maskline",
        has_client_secret: true,
        claim: "groups",
        roles: EXAMPLE_ROWS,
        redirect_uri: "https://maskline.example.com/console/callback",
        sign_in_url: `https://maskline.example.com/console/sign-in/${EXAMPLE_TENANT}.0123456789abcdef`,
        changed_at: EXAMPLE_TIME,
      },
    ],
  });

const ROLE_OR_NONE = z.enum([...ROLES, NO_ROLE]);

export const ChangeRoleBody = z
  .strictObject({
    role: ROLE_OR_NONE.nullable().meta({ description: "Null: what the claim says, from the next sign-in on." }),
  })
  .meta({ id: "ChangeRole" });

export const PersonView = z
  .object({
    id: z.string(),
    role: ROLE_OR_NONE,
    given_role: ROLE_OR_NONE.nullable().meta({ description: "What an owner gave, whatever the claim says." }),
    name: z.string().nullable().meta({ description: "As the identity provider says; only while a session lives." }),
    address: z.string().nullable(),
    first_seen_at: z.string(),
    last_seen_at: z.string(),
    live_sessions: z.int(),
  })
  .meta({
    id: "Person",
    examples: [
      {
        id: exampleId("per"),
        role: "support",
        given_role: null,
        name: "Asha Rao",
        address: "asha@example.com",
        first_seen_at: EXAMPLE_TIME,
        last_seen_at: EXAMPLE_LATER,
        live_sessions: 1,
      },
    ],
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
