// Supabase Auth's "send SMS" hook: Supabase draws and checks the code, Maskline sends it. A fetch handler, for any runtime.
import { Webhook } from "standardwebhooks";
import { call, Refused, type Maskline } from "./maskline.ts";

/** What Supabase sends. Only newer versions have `metadata` and `sms.phone`; numbers come without the `+`. */
type Hook = {
  metadata?: { uuid?: string };
  user?: { phone?: string; new_phone?: string };
  sms?: { otp?: string; phone?: string };
};

/** `secret` is the hook's, as Supabase shows it (`v1,whsec_…`); `expirySeconds` is what Supabase is set to, 60 to 600. */
export type Settings = { maskline: Maskline; secret: string; expirySeconds: number };

/** The handler. 200 `{}` means that Maskline has stored the code durably; Supabase tells the person of anything else. */
export function smsHook({ maskline, secret, expirySeconds }: Settings): (request: Request) => Promise<Response> {
  const webhook = new Webhook(secret.replace(/^v1,/, ""));
  return async (request) => {
    const raw = await request.text();
    let hook: Hook;
    try {
      hook = webhook.verify(raw, Object.fromEntries(request.headers)) as Hook;
    } catch {
      return Response.json({ error: "The signature is not right, or it is too old." }, { status: 401 });
    }
    const phone = hook.sms?.phone || phoneOf(hook.user);
    const code = hook.sms?.otp;
    if (!phone || !code) return failed(400, "There is no number or no code in it.");
    const to = `+${phone.replace(/^\+/, "")}`;
    const body = { to, custom_code: code, intent: "login", ttl_seconds: expirySeconds };
    try {
      // Supabase's retries have different webhook-ids, but the same uuid.
      const once = `supabase-${hook.metadata?.uuid ?? request.headers.get("webhook-id")}`;
      await call(maskline, "POST /v1/verifications", body, once);
      return Response.json({});
    } catch (error) {
      return refused(error);
    }
  };
}

/** Older versions name no recipient, so while a number is being changed it is not known which of the two is meant. */
const phoneOf = (user: Hook["user"]): string | undefined => (user?.new_phone ? undefined : user?.phone);

/** Supabase reads `error` in a 200, and retries a 429 or 503 at once if it has `retry-after`. */
const failed = (code: number, message: string): Response => Response.json({ error: { http_code: code, message } });

function refused(error: unknown): Response {
  if (!(error instanceof Refused) || error.status >= 500)
    return Response.json({}, { status: 503, headers: { "retry-after": "true" } });
  if (error.status === 429) return failed(429, "Too many codes were asked for. Try again later.");
  if (error.status === 422) return failed(422, "That number cannot be texted.");
  return failed(500, "The text could not be sent."); // a key without its scope, or the like: see its message
}
