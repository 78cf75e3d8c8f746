// better-auth's phone-number plugin with Maskline's verifications: Maskline draws, sends, counts and checks the codes.
import type { BetterAuthOptions, BetterAuthPlugin, GenericEndpointContext } from "better-auth";
import { APIError, createAuthMiddleware } from "better-auth/api";
import { phoneNumber } from "better-auth/plugins";
import { call, Refused, type Checked, type EndUser, type Maskline } from "./maskline.ts";

type Context = GenericEndpointContext | undefined;

/** One form only, because each spelling of a number would be another account. */
const isE164 = (number: string): boolean => /^\+[1-9]\d{6,14}$/.test(number);

/** The plugin. `signUpOnVerification` and the rest of its options are yours. */
export function masklinePhoneNumber(maskline: Maskline, options: Partial<Parameters<typeof phoneNumber>[0]> = {}) {
  const start = async (to: string, intent: string, ctx: Context): Promise<void> => {
    await call(maskline, "POST /v1/verifications", { to, intent, end_user: await endUserOf(ctx) });
  };
  const plugin = phoneNumber({
    ...options,
    phoneNumberValidator: isE164,
    // `code` is better-auth's own and is not sent: Maskline draws another.
    sendOTP: async ({ phoneNumber: to }, ctx) => {
      await start(to, "login", ctx).catch(refuseAs);
    },
    // Called for known numbers only; better-auth does not show its refusals.
    sendPasswordResetOTP: async ({ phoneNumber: to }, ctx) => {
      if (isE164(to)) await start(to, RESET, ctx);
    },
    verifyOTP: async ({ phoneNumber: to, code }, ctx) => {
      if (!isE164(to)) return false;
      const intent = ctx?.path === "/phone-number/reset-password" ? RESET : "login";
      const body = { to, code, intent, end_user: await endUserOf(ctx) };
      try {
        return (await call<Checked>(maskline, "POST /v1/verifications/check", body)).valid;
      } catch (error) {
        if (error instanceof Refused && error.status < 500) return false; // no verification of this number, or an invalid code
        throw error;
      }
    },
  });
  const named = { matcher: isPhoneRoute, handler: nameDevice };
  return { ...plugin, hooks: { before: [...plugin.hooks.before, named] } } satisfies BetterAuthPlugin;
}

const isPhoneRoute = ({ path }: { path?: string | undefined }): boolean => path?.startsWith("/phone-number/") ?? false;

/** The intent of a reset, so that a code for a login resets no password, and the reverse. */
const RESET = "other";

/** Set `databaseHooks: withoutCodes`; otherwise better-auth stores its own code, and the number in plaintext, in `verification`. */
export const withoutCodes: NonNullable<BetterAuthOptions["databaseHooks"]> = {
  verification: { create: { before: async ({ identifier }) => !identifier.startsWith("phone-number-") } },
};

const COOKIE = "maskline_device";
const NINETY_DAYS_S = 90 * 86_400;

/**
 * Identifies the device by a random id in a signed cookie, so that five wrong codes of a stranger do not lock the person's own device.
 * Runs before the handler, so that every answer has the cookie.
 */
const nameDevice = createAuthMiddleware(async (ctx) => {
  const { secret } = ctx.context;
  const known = await ctx.getSignedCookie(COOKIE, secret);
  const attributes = { httpOnly: true, secure: true, sameSite: "lax", path: "/", maxAge: NINETY_DAYS_S } as const;
  const cookie = await ctx.setSignedCookie(COOKIE, known || crypto.randomUUID(), secret, attributes);
  if (known) return;
  const others = (ctx.headers?.get("cookie") ?? "").split("; ").filter((one) => one && !one.startsWith(`${COOKIE}=`));
  return { context: { headers: new Headers({ cookie: [...others, cookie.split(";")[0]].join("; ") }) } };
});

async function endUserOf(ctx: Context): Promise<EndUser> {
  const device = await ctx?.getSignedCookie(COOKIE, ctx.context.secret);
  return device ? { device_id: device } : {};
}

/** A refusal as better-auth's error, without anything that the end user must not learn. */
function refuseAs(error: unknown): never {
  if (!(error instanceof Refused)) throw error;
  if (error.status === 429)
    throw new APIError("TOO_MANY_REQUESTS", { message: "Too many codes were asked for. Try again later." });
  if (error.status === 422) throw new APIError("BAD_REQUEST", { message: "That number cannot be texted." });
  throw new APIError("SERVICE_UNAVAILABLE", { message: "No code can be sent now. Try again." });
}
